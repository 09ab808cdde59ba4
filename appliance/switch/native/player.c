/* Prompts and music out of memory: players that the bridge reads, with an end notification that needs no Python.
 *
 * Clips stay until they are freed. A player plays a list of them once, or one in a loop (music, shared by everyone who
 * listens). It moves only while somebody listens. When a list is over, the player's handle is put on a list that
 * player_finished empties, and the eventfd given to player_notify is raised. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "centralita_audio.h"

enum { MAX_CLIPS = 1024, MAX_PLAYERS = 1024, MAX_LIST = 16 };

typedef struct clip {
    pj_int16_t *samples;
    unsigned    count;
} clip;

typedef struct player {
    pjmedia_port       base;
    pthread_mutex_t    lock;
    pj_pool_t         *pool;
    pjsua_conf_port_id slot;
    char               name[16];
    int                index, used, playing, loop;
    unsigned           run;                         /* which start this is: a late notice of an earlier one is known */
    int                list[MAX_LIST];
    unsigned           list_count, list_at, sample_at;
} player;

/* How regular the bridge's tick is, measured at every tick of the first player. */
typedef struct bridge_clock {
    pj_uint64_t ticks, late_30_ms, late_60_ms;
    double      longest_gap_ms;
} bridge_clock;

static clip clips[MAX_CLIPS];
static int clip_count;
static player players[MAX_PLAYERS];
static int player_count;

static pthread_mutex_t finished_lock = PTHREAD_MUTEX_INITIALIZER;
static pj_uint64_t finished[2 * MAX_PLAYERS];
static unsigned finished_count;
static int finished_fd = -1;

static bridge_clock clock_seen;
static double last_tick_ms;

/* Copy `count` samples (8 kHz mono). The clip's number, or -1 when there are too many or no memory. */
EXPORT int clip_add(const pj_int16_t *samples, unsigned count) {
    int index = 0;
    while (index < clip_count && clips[index].samples)
        index++;
    if (index == MAX_CLIPS || count == 0)
        return -1;
    pj_int16_t *copy = malloc(count * sizeof *copy);
    if (!copy)
        return -1;
    memcpy(copy, samples, count * sizeof *copy);
    clips[index] = (clip){copy, count};
    if (index == clip_count)
        clip_count++;
    return index;
}

static int is_played(player *it, int index) {
    int played = 0;
    pthread_mutex_lock(&it->lock);
    for (unsigned i = 0; it->playing && i < it->list_count; i++)
        played |= it->list[i] == index;
    pthread_mutex_unlock(&it->lock);
    return played;
}

/* Give a clip's memory back. -1 when there is none, or a player plays it. The thread that starts players: so none begins
 * with it meanwhile. */
EXPORT int clip_free(int index) {
    if (index < 0 || index >= clip_count || !clips[index].samples)
        return -1;
    for (int i = 0; i < player_count; i++)
        if (is_played(&players[i], index))
            return -1;
    free(clips[index].samples);
    clips[index] = (clip){NULL, 0};
    return 0;
}

EXPORT void player_notify(int eventfd) { finished_fd = eventfd; }

static void say_finished(player *it) {
    pthread_mutex_lock(&finished_lock);
    if (finished_count < sizeof finished / sizeof finished[0])
        finished[finished_count++] = (pj_uint64_t)it->index << 32 | it->run;
    pthread_mutex_unlock(&finished_lock);
    pj_uint64_t one = 1;
    if (finished_fd >= 0 && write(finished_fd, &one, sizeof one) < 0) {
        /* The counter is full: it is raised already. */
    }
}

/* Up to `most` entries of index << 32 | run of players whose list is over, oldest first. How many. */
EXPORT int player_finished(pj_uint64_t *out, int most) {
    pthread_mutex_lock(&finished_lock);
    unsigned count = finished_count < (unsigned)most ? finished_count : (unsigned)most;
    memcpy(out, finished, count * sizeof *out);
    memmove(finished, finished + count, (finished_count - count) * sizeof *finished);
    finished_count -= count;
    pthread_mutex_unlock(&finished_lock);
    return (int)count;
}

/* Copy what comes next of the list into `out`; how many samples there were before its end. */
static unsigned next_samples(player *it, pj_int16_t *out) {
    unsigned done = 0;
    while (done < FRAME_SAMPLES && it->list_at < it->list_count) {
        clip *from = &clips[it->list[it->list_at]];
        unsigned part = from->count - it->sample_at;
        if (part > FRAME_SAMPLES - done)
            part = FRAME_SAMPLES - done;
        memcpy(out + done, from->samples + it->sample_at, part * 2);
        done += part;
        it->sample_at += part;
        if (it->sample_at == from->count) {
            it->sample_at = 0;
            it->list_at++;
            if (it->loop && it->list_at == it->list_count)
                it->list_at = 0;
        }
    }
    return done;
}

static pj_status_t bridge_reads(pjmedia_port *base, pjmedia_frame *frame) {
    player *it = (player *)base;
    pthread_mutex_lock(&it->lock);
    unsigned done = it->playing ? next_samples(it, frame->buf) : 0;
    int over = it->playing && !it->loop && done < FRAME_SAMPLES;
    if (over)
        it->playing = 0;
    if (over)
        say_finished(it);
    pthread_mutex_unlock(&it->lock);
    if (done == 0) {
        frame->type = PJMEDIA_FRAME_TYPE_NONE;
        frame->size = 0;
        return PJ_SUCCESS;
    }
    memset((pj_int16_t *)frame->buf + done, 0, (FRAME_SAMPLES - done) * 2);
    frame->type = PJMEDIA_FRAME_TYPE_AUDIO;
    frame->size = FRAME_SAMPLES * 2;
    return PJ_SUCCESS;
}

/* Called at each tick although nobody speaks to a player: the pulse of the bridge. */
static pj_status_t bridge_ticks(pjmedia_port *base, pjmedia_frame *frame) {
    PJ_UNUSED_ARG(frame);
    if (base != &players[0].base)
        return PJ_SUCCESS;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double now_ms = (double)now.tv_sec * 1000.0 + (double)now.tv_nsec / 1e6;
    double gap_ms = last_tick_ms > 0 ? now_ms - last_tick_ms : FRAME_MS;
    last_tick_ms = now_ms;
    clock_seen.ticks++;
    clock_seen.late_30_ms += gap_ms > 30;
    clock_seen.late_60_ms += gap_ms > 60;
    if (gap_ms > clock_seen.longest_gap_ms)
        clock_seen.longest_gap_ms = gap_ms;
    return PJ_SUCCESS;
}

static pj_status_t bridge_let_go(pjmedia_port *base) {
    PJ_UNUSED_ARG(base);        /* players live as long as the process; there is nothing to free before its end */
    return PJ_SUCCESS;
}

/* A new idle player in the conference: its number, or -1. The engine's thread; players are re-used, never removed. */
EXPORT int player_create(void) {
    if (player_count == MAX_PLAYERS)
        return -1;
    player *it = &players[player_count];
    it->pool = pjsua_pool_create("player", 512, 512);
    if (!it->pool)
        return -1;
    pthread_mutex_init(&it->lock, NULL);
    it->index = player_count;
    pj_ansi_snprintf(it->name, sizeof it->name, "player%d", player_count);
    it->base.get_frame = bridge_reads;
    it->base.put_frame = bridge_ticks;
    it->base.on_destroy = bridge_let_go;
    if (centralita_add_to_bridge(&it->base, it->pool, it->name, &it->slot) != PJ_SUCCESS) {
        pj_pool_release(it->pool);
        return -1;
    }
    return player_count++;
}

EXPORT int player_slot(int index) { return index >= 0 && index < player_count ? players[index].slot : -1; }

/* Play these clips from the beginning, once or for ever. Its run number (> 0), or -1 when an argument is wrong. */
EXPORT int player_start(int index, const int *list, unsigned count, int loop) {
    if (index < 0 || index >= player_count || count == 0 || count > MAX_LIST)
        return -1;
    for (unsigned i = 0; i < count; i++)
        if (list[i] < 0 || list[i] >= clip_count || !clips[list[i]].samples)
            return -1;
    player *it = &players[index];
    pthread_mutex_lock(&it->lock);
    memcpy(it->list, list, count * sizeof *list);
    it->list_count = count;
    it->list_at = it->sample_at = 0;
    it->loop = loop;
    it->run = (it->run + 1) & 0x7fffffff;
    int run = (int)it->run;
    it->playing = 1;
    pthread_mutex_unlock(&it->lock);
    return run;
}

EXPORT void player_stop(int index) {
    if (index < 0 || index >= player_count)
        return;
    pthread_mutex_lock(&players[index].lock);
    players[index].playing = 0;
    pthread_mutex_unlock(&players[index].lock);
}

EXPORT void bridge_clock_read(bridge_clock *out, int reset) {
    *out = clock_seen;
    if (reset)
        memset(&clock_seen, 0, sizeof clock_seen);
}
