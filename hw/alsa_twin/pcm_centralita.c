/* The ALSA twin of a handset's sound card: an external I/O plugin whose "hardware" is memory shared with the twin.
 *
 * It stands for what a sound card's driver does and nothing else: a clock that never waits, ring buffers, over- and
 * underruns, and a card that can be pulled out. `hw/sound_card_sim.py` is at the other end of the shared file, with
 * the person who speaks and listens. Selected by `pcm.NAME { type centralita  memory "FILE" }`.
 *
 * - The clock is CLOCK_MONOTONIC times (1 + drift): the position is computed from it whenever the application asks, so
 *   it runs on while the application is late. Playback that has nothing left and capture whose buffer is full are
 *   xruns (-EPIPE), as a kernel driver with stop_threshold = buffer_size has them.
 * - Poll wakes by a timerfd set to the moment avail reaches avail_min; it is never read, only set again, so it is as
 *   level-triggered as a sound card's.
 * - The twin hears playback at the speed of the clock, not when it is written; capture reads what the twin wrote for
 *   that moment, or silence when it wrote nothing. A stream has one user at a time: the second gets -EBUSY.
 * - Unplugged (or another plug_generation than at open): -ENODEV for ever on this handle.
 */

#define _GNU_SOURCE
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>

/* The layout of the shared file; `hw/sound_card_sim.py` says the same in Python. All fields little-endian. */
#define MAGIC 0x314e5754434e4543ULL /* "CENCTWN1" */
#define RATE_HZ 8000
#define RING_FRAMES 16384

struct stream_memory {
    uint64_t run;         /* odd while running; counts up at each start and stop. Ours, as the next three are */
    uint64_t start_ns;    /* CLOCK_MONOTONIC when it started */
    uint64_t appl_frames; /* frames the application wrote (playback) or read (capture) since prepare */
    int64_t drift_ppm;    /* how fast this run's clock is */
    uint64_t xruns;       /* how often the application was late, ever */
    uint64_t twin_run;    /* the run that twin_frames counts in. The twin's, as the next is */
    uint64_t twin_frames; /* frames the twin spoke (capture) or heard (playback) since the start */
    uint64_t reserved;
};

struct shared_memory {
    uint64_t magic;
    uint64_t plugged; /* 0: pulled out */
    uint64_t plug_generation;
    int64_t drift_ppm[2]; /* of runs that start from now on; [0] capture, [1] playback */
    uint64_t reserved[3];
    struct stream_memory stream[2];
    uint8_t unused[4096 - 64 - 2 * 64];
    int16_t ring[2][RING_FRAMES];
};
_Static_assert(sizeof(struct stream_memory) == 64, "stream layout");
_Static_assert(offsetof(struct shared_memory, ring) == 4096, "ring offset");

struct centralita_pcm {
    snd_pcm_ioplug_t io;
    struct shared_memory *memory;
    struct stream_memory *stream;
    int16_t *ring;
    int memory_fd;
    int timer_fd;
    uint64_t plug_generation;
    snd_pcm_uframes_t avail_min;
    snd_pcm_uframes_t last_position;
};

static uint64_t load(const uint64_t *field) { return __atomic_load_n(field, __ATOMIC_ACQUIRE); }
static void store(uint64_t *field, uint64_t value) { __atomic_store_n(field, value, __ATOMIC_RELEASE); }

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static int playback(const struct centralita_pcm *pcm) { return pcm->io.stream == SND_PCM_STREAM_PLAYBACK; }
static int running(const struct centralita_pcm *pcm) { return pcm->stream->run & 1; }
static uint64_t millionths(const struct centralita_pcm *pcm) { return (uint64_t)(1000000 + pcm->stream->drift_ppm); }

static int gone(const struct centralita_pcm *pcm)
{
    return !load(&pcm->memory->plugged) || load(&pcm->memory->plug_generation) != pcm->plug_generation;
}

/* Frames the clock has counted since the start. */
static uint64_t clock_frames(const struct centralita_pcm *pcm)
{
    if (!running(pcm))
        return 0;
    unsigned __int128 product = (unsigned __int128)(now_ns() - pcm->stream->start_ns) * RATE_HZ * millionths(pcm);
    return (uint64_t)(product / 1000000000000000ULL);
}

/* The moment at which clock_frames() becomes `frames`. */
static uint64_t moment_ns(const struct centralita_pcm *pcm, uint64_t frames)
{
    uint64_t speed = RATE_HZ * millionths(pcm);
    unsigned __int128 product = (unsigned __int128)frames * 1000000000000000ULL + speed - 1;
    return pcm->stream->start_ns + (uint64_t)(product / speed);
}

static void set_timer(const struct centralita_pcm *pcm, uint64_t at_ns)
{
    struct itimerspec at = {{0, 0}, {(time_t)(at_ns / 1000000000ULL), (long)(at_ns % 1000000000ULL)}};
    timerfd_settime(pcm->timer_fd, TFD_TIMER_ABSTIME, &at, NULL); /* 0 disarms */
}

/* Make poll wake when avail_min frames can be read or written; 1 ns is long ago: now. */
static void arm(const struct centralita_pcm *pcm)
{
    int64_t wanted = (int64_t)pcm->stream->appl_frames + (int64_t)pcm->avail_min;
    if (playback(pcm))
        wanted -= (int64_t)pcm->io.buffer_size;
    if (!running(pcm))
        set_timer(pcm, playback(pcm) && wanted <= 0 ? 1 : 0);
    else
        set_timer(pcm, wanted <= 0 ? 1 : moment_ns(pcm, (uint64_t)wanted));
}

static void end_run(struct centralita_pcm *pcm)
{
    if (running(pcm))
        store(&pcm->stream->run, pcm->stream->run + 1);
}

static int on_start(snd_pcm_ioplug_t *io)
{
    struct centralita_pcm *pcm = io->private_data;
    if (gone(pcm))
        return -ENODEV;
    pcm->stream->drift_ppm = pcm->memory->drift_ppm[playback(pcm)];
    pcm->stream->start_ns = now_ns();
    store(&pcm->stream->run, pcm->stream->run | 1);
    arm(pcm);
    return 0;
}

static int on_stop(snd_pcm_ioplug_t *io)
{
    struct centralita_pcm *pcm = io->private_data;
    end_run(pcm);
    set_timer(pcm, 0);
    return 0;
}

static int on_prepare(snd_pcm_ioplug_t *io)
{
    struct centralita_pcm *pcm = io->private_data;
    if (gone(pcm))
        return -ENODEV;
    end_run(pcm);
    store(&pcm->stream->run, pcm->stream->run + 2); /* the same run never has two beginnings */
    store(&pcm->stream->appl_frames, 0);
    pcm->last_position = 0;
    arm(pcm);
    return 0;
}

static snd_pcm_sframes_t on_pointer(snd_pcm_ioplug_t *io)
{
    struct centralita_pcm *pcm = io->private_data;
    uint64_t frames = clock_frames(pcm), appl = pcm->stream->appl_frames;
    if (gone(pcm)) {
        /* An error here would become XRUN, which an application may recover from; from this it cannot. */
        snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
        set_timer(pcm, 1);
        return (snd_pcm_sframes_t)pcm->last_position;
    }
    if (running(pcm) && (playback(pcm) ? frames >= appl : frames - appl >= io->buffer_size)) {
        if (io->state != SND_PCM_STATE_XRUN && io->state != SND_PCM_STATE_DRAINING)
            pcm->stream->xruns++;
        return -EPIPE;
    }
    pcm->last_position = frames % io->buffer_size;
    return (snd_pcm_sframes_t)pcm->last_position;
}

/* The twin's samples at capture position `from`; silence where it wrote none, or wrote for another run. */
static void copy_spoken(const struct centralita_pcm *pcm, uint64_t from, int16_t *to, uint64_t count)
{
    uint64_t spoken = load(&pcm->stream->twin_run) == pcm->stream->run ? load(&pcm->stream->twin_frames) : 0;
    for (uint64_t i = 0; i < count; i++)
        to[i] = from + i < spoken ? pcm->ring[(from + i) % RING_FRAMES] : 0;
}

static snd_pcm_sframes_t on_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                     snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
    struct centralita_pcm *pcm = io->private_data;
    int16_t *samples = (int16_t *)((char *)areas->addr + (areas->first + areas->step * offset) / 8);
    uint64_t appl = pcm->stream->appl_frames;
    if (gone(pcm))
        return -ENODEV;
    if (playback(pcm))
        for (uint64_t i = 0; i < size; i++)
            pcm->ring[(appl + i) % RING_FRAMES] = samples[i];
    else
        copy_spoken(pcm, appl, samples, size);
    store(&pcm->stream->appl_frames, appl + size);
    arm(pcm);
    return (snd_pcm_sframes_t)size;
}

static int on_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params)
{
    struct centralita_pcm *pcm = io->private_data;
    int error = snd_pcm_sw_params_get_avail_min(params, &pcm->avail_min);
    arm(pcm);
    return error;
}

static int on_drain(snd_pcm_ioplug_t *io)
{
    struct centralita_pcm *pcm = io->private_data;
    if (!running(pcm)) {
        int error = on_start(io);
        if (error < 0)
            return error;
    }
    uint64_t end_ns = moment_ns(pcm, pcm->stream->appl_frames);
    struct timespec end = {(time_t)(end_ns / 1000000000ULL), (long)(end_ns % 1000000000ULL)};
    if (io->nonblock && now_ns() < end_ns)
        return -EAGAIN;
    while (!gone(pcm) && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
        ;
    return 0;
}

static int on_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned int count, unsigned short *revents)
{
    struct centralita_pcm *pcm = io->private_data;
    if (count != 1)
        return -EINVAL;
    *revents = fds->revents & POLLIN ? (playback(pcm) ? POLLOUT : POLLIN) : 0;
    if (gone(pcm) || io->state == SND_PCM_STATE_XRUN)
        *revents |= POLLERR;
    return 0;
}

static int on_close(snd_pcm_ioplug_t *io)
{
    struct centralita_pcm *pcm = io->private_data;
    end_run(pcm);
    munmap(pcm->memory, sizeof(struct shared_memory));
    close(pcm->memory_fd); /* gives the stream's lock back */
    close(pcm->timer_fd);
    free(pcm);
    return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
    .start = on_start,
    .stop = on_stop,
    .prepare = on_prepare,
    .pointer = on_pointer,
    .transfer = on_transfer,
    .sw_params = on_sw_params,
    .drain = on_drain,
    .poll_revents = on_poll_revents,
    .close = on_close,
};

/* What a cheap card can do: 8 kHz mono 16 bits, periods of 5 to 500 ms, a buffer of at most a second. */
static int limit_params(snd_pcm_ioplug_t *io)
{
    static const unsigned int access[] = {SND_PCM_ACCESS_RW_INTERLEAVED};
    static const unsigned int format[] = {SND_PCM_FORMAT_S16_LE};
    static const struct {
        int what;
        unsigned int least, most;
    } limits[] = {
        {SND_PCM_IOPLUG_HW_CHANNELS, 1, 1},          {SND_PCM_IOPLUG_HW_RATE, RATE_HZ, RATE_HZ},
        {SND_PCM_IOPLUG_HW_PERIOD_BYTES, 80, 8000},  {SND_PCM_IOPLUG_HW_BUFFER_BYTES, 160, 16000},
        {SND_PCM_IOPLUG_HW_PERIODS, 2, 64},
    };
    int error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 1, access);
    if (error >= 0)
        error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, format);
    for (size_t i = 0; error >= 0 && i < sizeof limits / sizeof *limits; i++)
        error = snd_pcm_ioplug_set_param_minmax(io, limits[i].what, limits[i].least, limits[i].most);
    return error;
}

/* Map the card and take the stream. 0, or a negative errno as opening a card gives it. */
static int open_memory(struct centralita_pcm *pcm, const char *path, int stream)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = stream, .l_len = 1};
    struct stat file;
    pcm->memory_fd = open(path, O_RDWR | O_CLOEXEC);
    if (pcm->memory_fd < 0)
        return errno == ENOENT ? -ENODEV : -errno;
    if (fstat(pcm->memory_fd, &file) < 0 || file.st_size < (off_t)sizeof(struct shared_memory))
        return -ENODEV;
    if (fcntl(pcm->memory_fd, F_OFD_SETLK, &lock) < 0)
        return -EBUSY;
    pcm->memory = mmap(NULL, sizeof(struct shared_memory), PROT_READ | PROT_WRITE, MAP_SHARED, pcm->memory_fd, 0);
    if (pcm->memory == MAP_FAILED) {
        pcm->memory = NULL;
        return -errno;
    }
    pcm->plug_generation = load(&pcm->memory->plug_generation);
    pcm->stream = &pcm->memory->stream[stream];
    pcm->ring = pcm->memory->ring[stream];
    if (load(&pcm->memory->magic) != MAGIC || gone(pcm))
        return -ENODEV;
    end_run(pcm); /* of an owner that was killed */
    return 0;
}

static void discard(struct centralita_pcm *pcm)
{
    if (pcm->memory)
        munmap(pcm->memory, sizeof(struct shared_memory));
    if (pcm->memory_fd >= 0)
        close(pcm->memory_fd);
    if (pcm->timer_fd >= 0)
        close(pcm->timer_fd);
    free(pcm);
}

static int open_card(snd_pcm_t **pcmp, const char *name, const char *path, snd_pcm_stream_t stream, int mode)
{
    struct centralita_pcm *pcm = calloc(1, sizeof *pcm);
    if (!pcm)
        return -ENOMEM;
    pcm->memory_fd = pcm->timer_fd = -1;
    int error = open_memory(pcm, path, stream == SND_PCM_STREAM_PLAYBACK);
    if (error >= 0 && (pcm->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) < 0)
        error = -errno;
    if (error < 0) {
        discard(pcm);
        return error;
    }
    pcm->avail_min = 1;
    pcm->io.version = SND_PCM_IOPLUG_VERSION;
    pcm->io.name = "handset of the Centralita twin";
    pcm->io.callback = &callbacks;
    pcm->io.private_data = pcm;
    pcm->io.poll_fd = pcm->timer_fd;
    pcm->io.poll_events = POLLIN; /* a timerfd has no other, on_poll_revents translates */
    error = snd_pcm_ioplug_create(&pcm->io, name, stream, mode);
    if (error < 0) {
        discard(pcm);
        return error;
    }
    error = limit_params(&pcm->io);
    if (error < 0) {
        snd_pcm_ioplug_delete(&pcm->io); /* calls on_close */
        return error;
    }
    *pcmp = pcm->io.pcm;
    return 0;
}

SND_PCM_PLUGIN_DEFINE_FUNC(centralita)
{
    snd_config_iterator_t at, next;
    const char *path = NULL;
    (void)root;
    snd_config_for_each(at, next, conf)
    {
        snd_config_t *entry = snd_config_iterator_entry(at);
        const char *key;
        if (snd_config_get_id(entry, &key) < 0 || !strcmp(key, "comment") || !strcmp(key, "type") ||
            !strcmp(key, "hint"))
            continue;
        if (strcmp(key, "memory") || snd_config_get_string(entry, &path) < 0) {
            SNDERR("pcm.%s: unknown or wrong field `%s`; there is only `memory \"FILE\"`", name, key);
            return -EINVAL;
        }
    }
    if (!path) {
        SNDERR("pcm.%s: `memory \"FILE\"` is missing", name);
        return -EINVAL;
    }
    return open_card(pcmp, name, path, stream, mode);
}

SND_PCM_PLUGIN_SYMBOL(centralita);
