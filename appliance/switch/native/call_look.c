/* What the switch needs to know of a SIP call at each change, as numbers.
 *
 * pjsua2's own CallInfo makes strings and lists of everything PJSIP knows of the call, a dozen times a call. */
#include "centralita_audio.h"

/* The same order as native_port.py's structure. */
typedef struct call_look_state {
    pj_int32_t state;           /* pjsip_inv_state */
    pj_int32_t last_status;     /* of SIP; 0 before any */
    pj_int32_t media_status;    /* pjsua_call_media_status of the first stream of sound; -1: there is none */
    pj_int32_t slot;            /* its port in the conference; -1: none */
} call_look_state;

/* Fills `look`. 0, or -1 when there is no such call. Engine's thread. */
EXPORT int call_look(int call, call_look_state *look) {
    pjsua_call_info info;
    if (pjsua_call_get_info(call, &info) != PJ_SUCCESS)
        return -1;
    look->state = info.state;
    look->last_status = info.last_status;
    look->media_status = look->slot = -1;
    for (unsigned i = 0; i < info.media_cnt; i++) {
        if (info.media[i].type == PJMEDIA_TYPE_AUDIO) {
            look->media_status = info.media[i].status;
            look->slot = info.media[i].stream.aud.conf_slot;
            break;
        }
    }
    return 0;
}
