/* A place in the conference for sound that comes in another clock: a modem's, a handset's.
 *
 * The bridge reads and writes it at its own tick; the device's thread calls audio_port_exchange in the device's clock,
 * with any number of samples. Nothing of Python is in the bridge's clock. */
#include <time.h>

#include "drift_buffer.h"

enum {
    MAX_PORTS = 64,
    UP_PRIME_FRAMES = 4,        /* 80 ms: 40 ms of a busy USB bus's jitter, the frame being read, and one on its way */
    DOWN_PRIME_FRAMES = 3,      /* 60 ms: the same, where a device takes sound when it gives some */
    UNITY = 4096,               /* of a level */
};

typedef struct audio_port {
    pjmedia_port       base;
    pthread_mutex_t    lock;
    unsigned           generation;
    int                used, open;
    pj_pool_t         *pool;
    pjsua_conf_port_id slot;
    char               name[32];
    drift_buffer       up, down;                        /* device -> bridge, bridge -> device */
    pj_int16_t         up_part[FRAME_SAMPLES], down_part[FRAME_SAMPLES];
    unsigned           up_count, down_count;            /* samples waiting in the parts */
    int                up_peak, down_peak;              /* greatest |sample| since it was last asked */
    int                up_level, down_level;            /* what samples are multiplied by, in 4,096ths */
} audio_port;

/* What audio_port_status tells; the same order as native_port.py's structure. */
typedef struct audio_port_state {
    drift_counters up, down;
    pj_uint32_t    up_delay_samples, down_delay_samples;
    pj_int32_t     up_peak, down_peak;
} audio_port_state;

static audio_port ports[MAX_PORTS];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static int initialised;

void centralita_register_thread(void) {
    static __thread pj_thread_desc description;
    static __thread pj_thread_t *thread;
    if (!thread && !pj_thread_is_registered())
        pj_thread_register("device", description, &thread);
}

int centralita_add_to_bridge(pjmedia_port *port, pj_pool_t *pool, const char *name, pjsua_conf_port_id *slot) {
    pj_str_t text = pj_str((char *)name);
    int status = pjmedia_port_info_init(&port->info, &text, PJMEDIA_SIG_CLASS_APP('C', 'T', 'L'), RATE_HZ, 1, 16,
                                        FRAME_SAMPLES);
    return status == PJ_SUCCESS ? pjsua_conf_add_port(pool, port, slot) : status;
}

void centralita_remove_from_bridge(pjmedia_port *port, pjsua_conf_port_id slot) {
    pjsua_conf_remove_port(slot);
    pjmedia_port_destroy(port);     /* our reference; the bridge drops its own at its next tick */
}

static void set_level(pj_int16_t *samples, unsigned count, int level) {
    if (level == UNITY)
        return;
    for (unsigned i = 0; i < count; i++) {
        int made = samples[i] * level / UNITY;
        samples[i] = (pj_int16_t)(made > 32767 ? 32767 : made < -32768 ? -32768 : made);
    }
}

static pj_uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (pj_uint64_t)now.tv_sec * 1000000 + (pj_uint64_t)now.tv_nsec / 1000;
}

static int peak_of(const pj_int16_t *samples, unsigned count, int peak) {
    for (unsigned i = 0; i < count; i++) {
        int level = samples[i] < 0 ? -samples[i] : samples[i];
        if (level > peak)
            peak = level;
    }
    return peak;
}

static pj_status_t bridge_reads(pjmedia_port *base, pjmedia_frame *frame) {
    audio_port *port = (audio_port *)base;
    pthread_mutex_lock(&port->lock);
    if (port->open) {
        drift_read(&port->up, frame->buf, now_us());
        frame->type = PJMEDIA_FRAME_TYPE_AUDIO;
        frame->size = FRAME_SAMPLES * 2;
    } else {
        frame->type = PJMEDIA_FRAME_TYPE_NONE;
        frame->size = 0;
    }
    pthread_mutex_unlock(&port->lock);
    return PJ_SUCCESS;
}

static pj_status_t bridge_writes(pjmedia_port *base, pjmedia_frame *frame) {
    audio_port *port = (audio_port *)base;
    pj_int16_t samples[FRAME_SAMPLES] = {0};     /* nobody speaks to it: silence, in time */
    if (frame->type == PJMEDIA_FRAME_TYPE_AUDIO && frame->size == sizeof samples)
        memcpy(samples, frame->buf, sizeof samples);
    pthread_mutex_lock(&port->lock);
    if (port->open) {
        set_level(samples, FRAME_SAMPLES, port->down_level);
        port->down_peak = peak_of(samples, FRAME_SAMPLES, port->down_peak);
        drift_write(&port->down, samples, now_us());
    }
    pthread_mutex_unlock(&port->lock);
    return PJ_SUCCESS;
}

static pj_status_t bridge_let_go(pjmedia_port *base) {
    audio_port *port = (audio_port *)base;
    pthread_mutex_lock(&port->lock);
    drift_free(&port->up);
    drift_free(&port->down);
    pj_pool_t *pool = port->pool;
    port->pool = NULL;
    port->used = 0;
    pthread_mutex_unlock(&port->lock);
    if (pool)
        pj_pool_release(pool);
    return PJ_SUCCESS;
}

/* The port of a handle, locked; NULL (and nothing locked) when the handle is not of a living port. */
static audio_port *lock_port(int handle) {
    if (handle < 0 || (handle & INDEX_MASK) >= MAX_PORTS)
        return NULL;
    audio_port *port = &ports[handle & INDEX_MASK];
    pthread_mutex_lock(&port->lock);
    if (port->used && (int)port->generation == handle >> INDEX_BITS)
        return port;
    pthread_mutex_unlock(&port->lock);
    return NULL;
}

/* A new port in the conference, closed. Its handle, or -1 when the table or the bridge is full. Engine's thread. */
EXPORT int audio_port_create(const char *name) {
    pthread_mutex_lock(&table_lock);
    if (!initialised) {
        for (int i = 0; i < MAX_PORTS; i++)
            pthread_mutex_init(&ports[i].lock, NULL);
        initialised = 1;
    }
    int index = 0;
    while (index < MAX_PORTS && ports[index].used)
        index++;
    audio_port *port = index < MAX_PORTS ? &ports[index] : NULL;
    int handle = -1;
    pj_pool_t *pool = port ? pjsua_pool_create("audio_port", 4000, 4000) : NULL;
    if (pool) {
        memset(&port->base, 0, sizeof port->base);
        port->open = 0;
        port->up_level = port->down_level = UNITY;
        port->pool = pool;
        port->up_count = port->down_count = 0;
        pj_ansi_snprintf(port->name, sizeof port->name, "%s", name);
        port->base.get_frame = bridge_reads;
        port->base.put_frame = bridge_writes;
        port->base.on_destroy = bridge_let_go;
        if (drift_init(&port->up, pool, UP_PRIME_FRAMES) == PJ_SUCCESS &&
            drift_init(&port->down, pool, DOWN_PRIME_FRAMES) == PJ_SUCCESS &&
            centralita_add_to_bridge(&port->base, pool, port->name, &port->slot) == PJ_SUCCESS) {
            port->generation = (port->generation + 1) & GENERATION_MASK;
            port->used = 1;
            handle = (int)(port->generation << INDEX_BITS) | index;
        } else {
            drift_free(&port->up);
            drift_free(&port->down);
            port->pool = NULL;
            pj_pool_release(pool);
        }
    }
    pthread_mutex_unlock(&table_lock);
    return handle;
}

EXPORT int audio_port_slot(int handle) {
    audio_port *port = lock_port(handle);
    if (!port)
        return -1;
    int slot = port->slot;
    pthread_mutex_unlock(&port->lock);
    return slot;
}

/* Open: empty, and sound passes. Closed: silence both ways. */
EXPORT void audio_port_open(int handle, int open) {
    centralita_register_thread();
    audio_port *port = lock_port(handle);
    if (!port)
        return;
    drift_reset(&port->up);
    drift_reset(&port->down);
    port->up_count = port->down_count = 0;
    port->up_peak = port->down_peak = 0;
    port->open = open;
    pthread_mutex_unlock(&port->lock);
}

static void take_in(audio_port *port, const pj_int16_t *heard, unsigned count) {
    while (count) {
        unsigned part = FRAME_SAMPLES - port->up_count;
        if (part > count)
            part = count;
        memcpy(port->up_part + port->up_count, heard, part * 2);
        port->up_count += part;
        heard += part;
        count -= part;
        if (port->up_count == FRAME_SAMPLES) {
            set_level(port->up_part, FRAME_SAMPLES, port->up_level);
            port->up_peak = peak_of(port->up_part, FRAME_SAMPLES, port->up_peak);
            drift_write(&port->up, port->up_part, now_us());
            port->up_count = 0;
        }
    }
}

static void give_out(audio_port *port, pj_int16_t *said, unsigned count) {
    while (count) {
        if (port->down_count == 0) {
            drift_read(&port->down, port->down_part, now_us());
            port->down_count = FRAME_SAMPLES;
        }
        unsigned part = port->down_count < count ? port->down_count : count;
        memcpy(said, port->down_part + FRAME_SAMPLES - port->down_count, part * 2);
        port->down_count -= part;
        said += part;
        count -= part;
    }
}

/* What samples are multiplied by, in 4,096ths, from now on: `up` what the device hears, `down` what it is told. */
EXPORT void audio_port_levels(int handle, int up, int down) {
    audio_port *port = lock_port(handle);
    if (!port)
        return;
    port->up_level = up;
    port->down_level = down;
    pthread_mutex_unlock(&port->lock);
}

/* The device's clock: `count` samples came in, `wanted` go out. Any thread; silence while closed or gone. */
EXPORT void audio_port_exchange(int handle, const pj_int16_t *heard, unsigned count, pj_int16_t *said,
                                unsigned wanted) {
    centralita_register_thread();
    audio_port *port = lock_port(handle);
    if (port && port->open) {
        take_in(port, heard, count);
        give_out(port, said, wanted);
    } else {
        memset(said, 0, wanted * 2);
    }
    if (port)
        pthread_mutex_unlock(&port->lock);
}

/* Fills `state` and begins new peaks. 0, or -1 when there is no such port. */
EXPORT int audio_port_status(int handle, audio_port_state *state) {
    audio_port *port = lock_port(handle);
    if (!port)
        return -1;
    state->up = port->up.counters;
    state->down = port->down.counters;
    state->up_delay_samples = port->up.fill + port->up_count;
    state->down_delay_samples = port->down.fill + port->down_count;
    state->up_peak = port->up_peak;
    state->down_peak = port->down_peak;
    port->up_peak = port->down_peak = 0;
    pthread_mutex_unlock(&port->lock);
    return 0;
}

/* Take it out of the conference. Safe while another thread is in exchange: it gets silence from then on. */
EXPORT void audio_port_destroy(int handle) {
    audio_port *port = lock_port(handle);
    if (!port)
        return;
    port->open = 0;
    port->generation = (port->generation + 1) & GENERATION_MASK;     /* this handle means nothing any more */
    pjsua_conf_port_id slot = port->slot;
    pthread_mutex_unlock(&port->lock);
    centralita_remove_from_bridge(&port->base, slot);
}
