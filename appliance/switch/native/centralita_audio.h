/* What the native ports share: the bridge's frame, how a port is put in and taken out, and thread registration.
 *
 * Everything lives in static tables with a generation count, so a handle that is stale, or used by one thread while
 * another destroys the port, finds "not mine any more" under a mutex instead of freed memory. */
#ifndef CENTRALITA_AUDIO_H
#define CENTRALITA_AUDIO_H

#include <pthread.h>
#include <string.h>
#include <pjlib.h>
#include <pjmedia.h>
#include <pjsua-lib/pjsua.h>

enum { RATE_HZ = 8000, FRAME_SAMPLES = 160, FRAME_MS = 20 };

#define EXPORT __attribute__((visibility("default")))

/* A handle is generation << 12 | index: positive, never reused within 500,000 generations of one place. */
enum { INDEX_BITS = 12, INDEX_MASK = (1 << INDEX_BITS) - 1, GENERATION_MASK = 0x7ffff };

/* pjlib's calls want a registered thread; device threads come from Python, so each registers itself once. */
void centralita_register_thread(void);

/* Fill in `port` and put it in the conference. 0 when done, else a PJ status. */
int centralita_add_to_bridge(pjmedia_port *port, pj_pool_t *pool, const char *name, pjsua_conf_port_id *slot);

/* Take it out; its on_destroy runs once the bridge does not use it any more (at the next tick). */
void centralita_remove_from_bridge(pjmedia_port *port, pjsua_conf_port_id slot);

#endif
