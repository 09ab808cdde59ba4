/* Sound out of the conference into memory, for a thread that may wait for a disk: the bridge itself never does. */
#include <stdlib.h>
#include "centralita_audio.h"

enum { MAX_RECORDERS = 512, RING_SAMPLES = 8 * RATE_HZ };     /* 8 s: an SD card that collects its garbage */

typedef struct recorder {
    pjmedia_port       base;
    pthread_mutex_t    lock;
    unsigned           generation;
    int                used;
    pj_pool_t         *pool;
    pjsua_conf_port_id slot;
    char               name[16];
    pj_int16_t        *ring;
    unsigned           at, fill;
    pj_uint32_t        lost_samples;
} recorder;

static recorder recorders[MAX_RECORDERS];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static int initialised;

static pj_status_t bridge_writes(pjmedia_port *base, pjmedia_frame *frame) {
    recorder *it = (recorder *)base;
    int sound = frame->type == PJMEDIA_FRAME_TYPE_AUDIO && frame->size == FRAME_SAMPLES * 2;
    pthread_mutex_lock(&it->lock);
    if (it->ring && it->fill + FRAME_SAMPLES <= RING_SAMPLES) {
        unsigned to = (it->at + it->fill) % RING_SAMPLES;      /* RING_SAMPLES is whole frames: no wrap inside one */
        if (sound)
            memcpy(it->ring + to, frame->buf, FRAME_SAMPLES * 2);
        else
            memset(it->ring + to, 0, FRAME_SAMPLES * 2);
        it->fill += FRAME_SAMPLES;
    } else {
        it->lost_samples += FRAME_SAMPLES;
    }
    pthread_mutex_unlock(&it->lock);
    return PJ_SUCCESS;
}

static pj_status_t bridge_let_go(pjmedia_port *base) {
    recorder *it = (recorder *)base;
    pthread_mutex_lock(&it->lock);
    pj_pool_t *pool = it->pool;
    it->pool = NULL;
    free(it->ring);
    it->ring = NULL;
    it->used = 0;
    pthread_mutex_unlock(&it->lock);
    if (pool)
        pj_pool_release(pool);
    return PJ_SUCCESS;
}

static recorder *lock_recorder(int handle) {
    if (handle < 0 || (handle & INDEX_MASK) >= MAX_RECORDERS)
        return NULL;
    recorder *it = &recorders[handle & INDEX_MASK];
    pthread_mutex_lock(&it->lock);
    if (it->used && (int)it->generation == handle >> INDEX_BITS)
        return it;
    pthread_mutex_unlock(&it->lock);
    return NULL;
}

/* A new recorder in the conference; it hears from its first tick. Its handle, or -1. The engine's thread. */
EXPORT int recorder_create(void) {
    pthread_mutex_lock(&table_lock);
    if (!initialised) {
        for (int i = 0; i < MAX_RECORDERS; i++)
            pthread_mutex_init(&recorders[i].lock, NULL);
        initialised = 1;
    }
    int index = 0, handle = -1;
    while (index < MAX_RECORDERS && recorders[index].used)
        index++;
    recorder *it = index < MAX_RECORDERS ? &recorders[index] : NULL;
    pj_pool_t *pool = it ? pjsua_pool_create("recorder", 512, 512) : NULL;
    if (pool) {
        memset(&it->base, 0, sizeof it->base);
        it->pool = pool;
        it->at = it->fill = 0;
        it->lost_samples = 0;
        it->ring = malloc(RING_SAMPLES * sizeof *it->ring);
        pj_ansi_snprintf(it->name, sizeof it->name, "recorder%d", index);
        it->base.put_frame = bridge_writes;
        it->base.on_destroy = bridge_let_go;
        if (it->ring && centralita_add_to_bridge(&it->base, pool, it->name, &it->slot) == PJ_SUCCESS) {
            it->generation = (it->generation + 1) & GENERATION_MASK;
            it->used = 1;
            handle = (int)(it->generation << INDEX_BITS) | index;
        } else {
            free(it->ring);
            it->ring = NULL;
            it->pool = NULL;
            pj_pool_release(pool);
        }
    }
    pthread_mutex_unlock(&table_lock);
    return handle;
}

EXPORT int recorder_slot(int handle) {
    recorder *it = lock_recorder(handle);
    if (!it)
        return -1;
    int slot = it->slot;
    pthread_mutex_unlock(&it->lock);
    return slot;
}

/* Take up to `most` recorded samples, oldest first; how many. Any thread. */
EXPORT int recorder_read(int handle, pj_int16_t *out, int most) {
    recorder *it = lock_recorder(handle);
    if (!it)
        return 0;
    int done = 0;
    while (it->ring && done < most && it->fill) {
        unsigned part = RING_SAMPLES - it->at;
        if (part > it->fill)
            part = it->fill;
        if (part > (unsigned)(most - done))
            part = (unsigned)(most - done);
        memcpy(out + done, it->ring + it->at, part * 2);
        it->at = (it->at + part) % RING_SAMPLES;
        it->fill -= part;
        done += (int)part;
    }
    pthread_mutex_unlock(&it->lock);
    return done;
}

/* Samples lost because nobody took them in time. */
EXPORT unsigned recorder_lost(int handle) {
    recorder *it = lock_recorder(handle);
    if (!it)
        return 0;
    unsigned lost = it->lost_samples;
    pthread_mutex_unlock(&it->lock);
    return lost;
}

/* Out of the conference. What was not read is gone. */
EXPORT void recorder_destroy(int handle) {
    centralita_register_thread();
    recorder *it = lock_recorder(handle);
    if (!it)
        return;
    it->generation = (it->generation + 1) & GENERATION_MASK;
    pjsua_conf_port_id slot = it->slot;
    pthread_mutex_unlock(&it->lock);
    centralita_remove_from_bridge(&it->base, slot);
}
