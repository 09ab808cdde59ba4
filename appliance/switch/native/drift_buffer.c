/* How the delay between two drifting clocks is kept small without a gap: the policy behind drift_buffer.h. */
#include "drift_buffer.h"

enum {
    PRIME_SAMPLES = 2 * FRAME_SAMPLES,     /* 40 ms before the first sound: the jitter of a busy USB bus */
    LIMIT_SAMPLES = 12 * FRAME_SAMPLES,    /* 240 ms: nobody talks with more */
    SPARE_SAMPLES = FRAME_SAMPLES,         /* never less than this left over for a second: squeeze */
    SQUEEZE_SAMPLES = FRAME_SAMPLES / 2,   /* 10 ms a second follows 10,000 ppm */
    WINDOW_READS = 50,                     /* one second */
    AWAY_FRAMES = 10,                      /* written with no read in between: there is no reader */
    STRETCH_FRAMES = 2,                    /* at full level; the next one fades out, then silence */
};

int drift_init(drift_buffer *buffer, pj_pool_t *pool) {
    memset(buffer, 0, sizeof *buffer);
    int status = pjmedia_wsola_create(pool, RATE_HZ, FRAME_SAMPLES, 1, PJMEDIA_WSOLA_NO_FADING, &buffer->wsola);
    if (status == PJ_SUCCESS)
        drift_reset(buffer);
    return status;
}

void drift_reset(drift_buffer *buffer) {
    buffer->fill = 0;
    buffer->primed = 0;
    buffer->lost_before = 0;
    buffer->missing = 0;
    buffer->unread = 0;
    buffer->window_reads = 0;
    buffer->window_least = DRIFT_CAPACITY;
    pjmedia_wsola_reset(buffer->wsola, 0);
}

void drift_free(drift_buffer *buffer) {
    if (buffer->wsola)
        pjmedia_wsola_destroy(buffer->wsola);
    buffer->wsola = NULL;
}

static void drop_oldest(drift_buffer *buffer, unsigned keep) {
    if (buffer->fill <= keep)
        return;
    unsigned drop = buffer->fill - keep;
    memmove(buffer->samples, buffer->samples + drop, keep * sizeof buffer->samples[0]);
    buffer->fill = keep;
    buffer->counters.dropped += (drop + FRAME_SAMPLES - 1) / FRAME_SAMPLES;
}

static void squeeze(drift_buffer *buffer, unsigned samples) {
    unsigned gone = samples;
    if (pjmedia_wsola_discard(buffer->wsola, buffer->samples, buffer->fill, NULL, 0, &gone) == PJ_SUCCESS) {
        buffer->fill -= gone;
        buffer->counters.squeezed++;
    }
}

static void append(drift_buffer *buffer, const pj_int16_t *frame) {
    memcpy(buffer->samples + buffer->fill, frame, FRAME_SAMPLES * sizeof frame[0]);
    buffer->fill += FRAME_SAMPLES;
}

void drift_write(drift_buffer *buffer, pj_int16_t frame[FRAME_SAMPLES]) {
    pjmedia_wsola_save(buffer->wsola, frame, buffer->lost_before);
    buffer->lost_before = 0;
    if (++buffer->unread > AWAY_FRAMES)
        drop_oldest(buffer, PRIME_SAMPLES - FRAME_SAMPLES);   /* a reader who comes back hears what is said now */
    else if (buffer->fill + FRAME_SAMPLES > LIMIT_SAMPLES)
        drop_oldest(buffer, LIMIT_SAMPLES - FRAME_SAMPLES);
    append(buffer, frame);
}

static void stretch(drift_buffer *buffer) {
    pj_int16_t made[FRAME_SAMPLES];
    if (pjmedia_wsola_generate(buffer->wsola, made) != PJ_SUCCESS)
        memset(made, 0, sizeof made);
    if (buffer->missing > STRETCH_FRAMES)
        for (int i = 0; i < FRAME_SAMPLES; i++)
            made[i] = (pj_int16_t)(made[i] * (FRAME_SAMPLES - i) / FRAME_SAMPLES);
    buffer->lost_before = 1;
    append(buffer, made);
    buffer->counters.stretched++;
}

void drift_read(drift_buffer *buffer, pj_int16_t frame[FRAME_SAMPLES]) {
    buffer->unread = 0;
    if (!buffer->primed && buffer->fill < PRIME_SAMPLES) {
        memset(frame, 0, FRAME_SAMPLES * sizeof frame[0]);
        return;
    }
    buffer->primed = 1;
    if (buffer->fill >= FRAME_SAMPLES) {
        buffer->missing = 0;
    } else if (++buffer->missing > STRETCH_FRAMES + 1) {
        buffer->counters.starvations++;
        drift_reset(buffer);
        memset(frame, 0, FRAME_SAMPLES * sizeof frame[0]);
        return;
    } else {
        stretch(buffer);
    }
    memcpy(frame, buffer->samples, FRAME_SAMPLES * sizeof frame[0]);
    buffer->fill -= FRAME_SAMPLES;
    memmove(buffer->samples, buffer->samples + FRAME_SAMPLES, buffer->fill * sizeof buffer->samples[0]);
    if (buffer->fill < buffer->window_least)
        buffer->window_least = buffer->fill;
    if (++buffer->window_reads == WINDOW_READS) {
        if (buffer->window_least > SPARE_SAMPLES)
            squeeze(buffer, SQUEEZE_SAMPLES);
        buffer->window_reads = 0;
        buffer->window_least = DRIFT_CAPACITY;
    }
}
