/* A buffer between two clocks that drift apart: written in one, read in the other, one frame at a time.
 *
 * What comes out is resampled by so little that nobody hears it (speexdsp), faster or slower as it takes to keep the
 * least delay at which the reader would not have starved in the last second. A frame that is missing all the same is
 * stretched out of the sound before it (WSOLA), then faded into silence. `now_us` is when a frame is written or read,
 * in one clock for both. Not thread-safe: the owner holds a lock. */
#ifndef DRIFT_BUFFER_H
#define DRIFT_BUFFER_H

#include <speex/speex_resampler.h>

#include "centralita_audio.h"

enum { DRIFT_CAPACITY = 16 * FRAME_SAMPLES };

typedef struct drift_counters {
    pj_uint32_t stretched;      /* frames made up because none had come in time */
    pj_uint32_t dropped;        /* frames thrown away: the reader was away, or far too slow */
    pj_uint32_t starvations;    /* times the writer stopped for so long that the reader got silence */
    pj_int32_t  rate_ppm;       /* how much faster than written it is read now */
} drift_counters;

typedef struct drift_buffer {
    pj_int16_t     samples[DRIFT_CAPACITY];
    unsigned       fill;
    unsigned       prime;               /* samples that must be there before the first sound */
    pjmedia_wsola *wsola;
    SpeexResamplerState *resampler;
    int            primed;              /* enough has come in to begin reading */
    int            fade_in;             /* the next frame read is the first after silence */
    int            lost_before;         /* the frame before the next written one was made up */
    unsigned       missing;             /* frames made up in a row */
    unsigned       unread;              /* frames written since the last read */
    pj_uint64_t    written_us;          /* when the last frame came */
    unsigned       window_reads;
    int            window_least;        /* samples to spare at the worst moment of this second */
    int            steered, least_before;   /* the second before this one was whole, and what it had to spare */
    int            steady_ppm;          /* the part of the rate that is the clocks' own difference */
    drift_counters counters;
} drift_buffer;

/* Reading begins once `prime_frames` have come. 0, or a PJ status. */
int drift_init(drift_buffer *buffer, pj_pool_t *pool, unsigned prime_frames);
/* Empty, and nothing known of the clocks: for a new call. */
void drift_reset(drift_buffer *buffer);
void drift_write(drift_buffer *buffer, pj_int16_t frame[FRAME_SAMPLES], pj_uint64_t now_us);
void drift_read(drift_buffer *buffer, pj_int16_t frame[FRAME_SAMPLES], pj_uint64_t now_us);
void drift_free(drift_buffer *buffer);

#endif
