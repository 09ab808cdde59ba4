/* How the delay between two drifting clocks is kept small without a gap or a click: the policy behind drift_buffer.h. */
#include "drift_buffer.h"

enum {
    LIMIT_SAMPLES = 12 * FRAME_SAMPLES,    /* 240 ms: nobody talks with more */
    SPARE_SAMPLES = FRAME_SAMPLES + 64,    /* a frame, for it comes whole, and 8 ms: to spare at the worst moment */
    WINDOW_READS = 50,                     /* one second */
    PPM_PER_SAMPLE = 25,                   /* a surplus is gone in 5 s (its 1/e) */
    CHANGE_PPM = 1000000 / RATE_HZ,        /* of the clocks' difference, for a sample more to spare each second */
    STEADY_S = 16,                         /* over how long that is averaged */
    BURST_SAMPLES = 120,                   /* a change beyond it is a burst or a hole, and says nothing of clocks */
    MAX_STEADY_PPM = 6000,
    MAX_SHIFT_PPM = 3000,                  /* 3 ms a second; two such buffers leave a digit's tones within their 1.5 % */
    RATE_PARTS = 59999,                    /* a prime: a reduced fraction would round the phase, which is heard; and
                                              speexdsp 1.2.1 multiplies two of these in 32 bits */
    QUALITY = 3,                           /* 48 taps: 3 ms, flat to 3.5 kHz, aliases below -80 dB */
    AWAY_FRAMES = 10,                      /* written with no read in between: there is no reader */
    STRETCH_FRAMES = 2,                    /* at full level; the next one fades out, then silence */
    SEAM_SAMPLES = 40,                     /* 5 ms of fading where sound is cut out or begins */
};

int drift_init(drift_buffer *buffer, pj_pool_t *pool, unsigned prime_frames) {
    memset(buffer, 0, sizeof *buffer);
    buffer->prime = prime_frames * FRAME_SAMPLES;
    buffer->resampler = speex_resampler_init(1, RATE_HZ, RATE_HZ, QUALITY, NULL);
    if (!buffer->resampler)
        return PJ_ENOMEM;
    int status = pjmedia_wsola_create(pool, RATE_HZ, FRAME_SAMPLES, 1, PJMEDIA_WSOLA_NO_FADING, &buffer->wsola);
    if (status == PJ_SUCCESS)
        drift_reset(buffer);
    else
        drift_free(buffer);
    return status;
}

static void new_window(drift_buffer *buffer) {
    buffer->window_reads = 0;
    buffer->window_least = 2 * DRIFT_CAPACITY;
}

/* Silence until it is primed again; what is known of the clocks stays. */
static void empty(drift_buffer *buffer) {
    buffer->fill = 0;
    buffer->primed = 0;
    buffer->fade_in = 1;
    buffer->lost_before = 0;
    buffer->missing = 0;
    buffer->unread = 0;
    buffer->steered = 0;
    new_window(buffer);
    pjmedia_wsola_reset(buffer->wsola, 0);
    speex_resampler_reset_mem(buffer->resampler);
}

static void set_rate(drift_buffer *buffer, int ppm) {
    buffer->counters.rate_ppm = ppm;
    int more = (int)((long)RATE_PARTS * ppm / 1000000);
    unsigned parts = RATE_PARTS + (more ? more : 1);
    speex_resampler_set_rate_frac(buffer->resampler, parts, RATE_PARTS, RATE_HZ, RATE_HZ);
}

void drift_reset(drift_buffer *buffer) {
    empty(buffer);
    buffer->steady_ppm = 0;
    set_rate(buffer, 0);
}

void drift_free(drift_buffer *buffer) {
    if (buffer->wsola)
        pjmedia_wsola_destroy(buffer->wsola);
    if (buffer->resampler)
        speex_resampler_destroy(buffer->resampler);
    buffer->wsola = NULL;
    buffer->resampler = NULL;
}

static void take_off(drift_buffer *buffer, unsigned count) {
    buffer->fill -= count;
    memmove(buffer->samples, buffer->samples + count, buffer->fill * sizeof buffer->samples[0]);
}

/* The oldest goes, under a short cross-fade. */
static void drop_oldest(drift_buffer *buffer, unsigned keep) {
    if (buffer->fill <= keep)
        return;
    unsigned drop = buffer->fill - keep;
    pj_int16_t *kept = buffer->samples + drop;
    for (int i = 0; i < SEAM_SAMPLES && i < (int)keep; i++)
        kept[i] = (pj_int16_t)((buffer->samples[i] * (SEAM_SAMPLES - i) + kept[i] * i) / SEAM_SAMPLES);
    take_off(buffer, drop);
    buffer->counters.dropped += (drop + FRAME_SAMPLES - 1) / FRAME_SAMPLES;
}

static void append(drift_buffer *buffer, const pj_int16_t *frame) {
    memcpy(buffer->samples + buffer->fill, frame, FRAME_SAMPLES * sizeof frame[0]);
    buffer->fill += FRAME_SAMPLES;
}

void drift_write(drift_buffer *buffer, pj_int16_t frame[FRAME_SAMPLES], pj_uint64_t now_us) {
    buffer->written_us = now_us;
    pjmedia_wsola_save(buffer->wsola, frame, buffer->lost_before);
    buffer->lost_before = 0;
    if (++buffer->unread > AWAY_FRAMES)
        drop_oldest(buffer, buffer->prime - FRAME_SAMPLES);   /* a reader who comes back hears what is said now */
    else if (buffer->fill + FRAME_SAMPLES > LIMIT_SAMPLES)
        drop_oldest(buffer, LIMIT_SAMPLES - FRAME_SAMPLES);
    append(buffer, frame);
}

/* Make up a frame. 0: the writer is silent for too long. */
static int stretch(drift_buffer *buffer) {
    if (++buffer->missing > STRETCH_FRAMES + 1)
        return 0;
    pj_int16_t made[FRAME_SAMPLES];
    if (pjmedia_wsola_generate(buffer->wsola, made) != PJ_SUCCESS)
        memset(made, 0, sizeof made);
    if (buffer->missing > STRETCH_FRAMES)
        for (int i = 0; i < FRAME_SAMPLES; i++)
            made[i] = (pj_int16_t)(made[i] * (FRAME_SAMPLES - i) / FRAME_SAMPLES);
    buffer->lost_before = 1;
    append(buffer, made);
    buffer->counters.stretched++;
    return 1;
}

/* What is left, as if the writer gave sample by sample and not whole frames: so it does not depend on which of two
 * frames' moments, the read or the written, comes first, which drifting clocks change all the time. */
static void note_spare(drift_buffer *buffer, int left, pj_uint64_t now_us) {
    pj_uint64_t since_us = PJ_MIN(now_us - buffer->written_us, 1000000u);
    int spare = left + (int)(since_us * RATE_HZ / 1000000);
    if (spare < buffer->window_least)
        buffer->window_least = spare;
}

/* 1 when the frame is whole; else the writer is silent, and so is what is missing of it. */
static int resample(drift_buffer *buffer, pj_int16_t *frame, pj_uint64_t now_us) {
    unsigned done = 0;
    while (done < FRAME_SAMPLES) {
        spx_uint32_t in = buffer->fill, out = FRAME_SAMPLES - done;
        speex_resampler_process_int(buffer->resampler, 0, buffer->samples, &in, frame + done, &out);
        take_off(buffer, in);
        done += out;
        note_spare(buffer, (int)buffer->fill - (int)(FRAME_SAMPLES - done), now_us);
        if (done < FRAME_SAMPLES && !stretch(buffer)) {
            memset(frame + done, 0, (FRAME_SAMPLES - done) * sizeof frame[0]);
            return 0;
        }
    }
    return 1;
}

/* A second is over: read faster when even its worst moment left too much over, slower when it left too little. */
static void steer(drift_buffer *buffer) {
    int least = buffer->window_least, change = least - buffer->least_before;
    if (buffer->steered && change > -BURST_SAMPLES && change < BURST_SAMPLES) {
        int difference = buffer->counters.rate_ppm + change * CHANGE_PPM;
        buffer->steady_ppm += (difference - buffer->steady_ppm) / STEADY_S;
        buffer->steady_ppm = PJ_MAX(-MAX_STEADY_PPM, PJ_MIN(MAX_STEADY_PPM, buffer->steady_ppm));
    }
    buffer->steered = 1;
    buffer->least_before = least;
    new_window(buffer);
    int shift = (least - SPARE_SAMPLES) * PPM_PER_SAMPLE;
    set_rate(buffer, buffer->steady_ppm + PJ_MAX(-MAX_SHIFT_PPM, PJ_MIN(MAX_SHIFT_PPM, shift)));
}

void drift_read(drift_buffer *buffer, pj_int16_t frame[FRAME_SAMPLES], pj_uint64_t now_us) {
    buffer->unread = 0;
    if (!buffer->primed && buffer->fill < buffer->prime) {
        memset(frame, 0, FRAME_SAMPLES * sizeof frame[0]);
        return;
    }
    buffer->primed = 1;
    unsigned missing = buffer->missing;
    if (!resample(buffer, frame, now_us)) {
        buffer->counters.starvations++;
        empty(buffer);
        return;
    }
    if (buffer->missing == missing)
        buffer->missing = 0;
    for (int i = 0; buffer->fade_in && i < SEAM_SAMPLES; i++)
        frame[i] = (pj_int16_t)(frame[i] * i / SEAM_SAMPLES);
    buffer->fade_in = 0;
    if (++buffer->window_reads == WINDOW_READS)
        steer(buffer);
}

/* The buffer alone, at any speed: for simulations of clocks. NULL when there is no memory. Engine's thread. */
typedef struct drift_alone {
    drift_buffer buffer;
    pj_pool_t   *pool;
} drift_alone;

EXPORT drift_alone *drift_alone_make(unsigned prime_frames) {
    pj_pool_t *pool = pjsua_pool_create("drift", 4000, 4000);
    drift_alone *it = pool ? pj_pool_zalloc(pool, sizeof *it) : NULL;
    if (it && drift_init(&it->buffer, pool, prime_frames) == PJ_SUCCESS) {
        it->pool = pool;
        return it;
    }
    if (pool)
        pj_pool_release(pool);
    return NULL;
}

EXPORT void drift_alone_write(drift_alone *it, pj_int16_t *frame, pj_uint64_t now_us) {
    drift_write(&it->buffer, frame, now_us);
}

/* Reads a frame; `counters` as they are after it. Returns the samples that wait. */
EXPORT unsigned drift_alone_read(drift_alone *it, pj_int16_t *frame, pj_uint64_t now_us, drift_counters *counters) {
    drift_read(&it->buffer, frame, now_us);
    *counters = it->buffer.counters;
    return it->buffer.fill;
}

EXPORT void drift_alone_end(drift_alone *it) {
    drift_free(&it->buffer);
    pj_pool_release(it->pool);
}
