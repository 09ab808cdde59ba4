/* A buffer between two clocks that drift apart: written in one, read in the other, one frame at a time.
 *
 * It keeps the least delay at which the reader never starved in the last second: a missing frame is stretched out of
 * the sound before it (WSOLA), a spare one is squeezed away. Not thread-safe: the owner holds a lock. */
#ifndef DRIFT_BUFFER_H
#define DRIFT_BUFFER_H

#include "centralita_audio.h"

enum { DRIFT_CAPACITY = 16 * FRAME_SAMPLES };

typedef struct drift_counters {
    pj_uint32_t stretched;      /* frames made up because none had come in time */
    pj_uint32_t squeezed;       /* frames' worth of samples squeezed out because the writer is faster */
    pj_uint32_t dropped;        /* frames thrown away: the reader was away, or far too slow */
    pj_uint32_t starvations;    /* times the writer stopped for so long that the reader got silence */
} drift_counters;

typedef struct drift_buffer {
    pj_int16_t     samples[DRIFT_CAPACITY];
    unsigned       fill;
    pjmedia_wsola *wsola;
    int            primed;              /* enough has come in to begin reading */
    int            lost_before;         /* the frame before the next written one was made up */
    unsigned       missing;             /* frames made up in a row */
    unsigned       unread;              /* frames written since the last read */
    unsigned       window_reads, window_least;
    drift_counters counters;
} drift_buffer;

int drift_init(drift_buffer *buffer, pj_pool_t *pool);
void drift_reset(drift_buffer *buffer);
void drift_write(drift_buffer *buffer, pj_int16_t frame[FRAME_SAMPLES]);
void drift_read(drift_buffer *buffer, pj_int16_t frame[FRAME_SAMPLES]);
void drift_free(drift_buffer *buffer);

#endif
