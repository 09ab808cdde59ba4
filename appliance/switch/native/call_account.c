/* Whose a call that comes in is: the account of the line Kamailio has marked it with.
 *
 * PJSIP itself would go by the names in Request-URI and To, which the far end writes; the account decides which
 * passwords answer a challenge and whether sound must be encrypted, for as long as the call lasts. */
#include "centralita_audio.h"
#include <pjsua-lib/pjsua_internal.h>

enum { MAX_LINES = PJSUA_MAX_ACC, MAX_LINE_NAME = 64 };

static struct {
    char line[MAX_LINE_NAME];
    pjsua_acc_id account;
} known[MAX_LINES];
static unsigned known_count;

static const pj_str_t MARK = {"X-Centralita-Line", 17};

/* A call without a mark, or with two, is nobody's here; what becomes of it the switch decides. */
static void find_account(const pjsip_rx_data *rdata, pjsua_acc_id *account) {
    pjsip_msg *msg = rdata->msg_info.msg;
    pjsip_generic_string_hdr *mark = pjsip_msg_find_hdr_by_name(msg, &MARK, NULL);
    if (mark == NULL || pjsip_msg_find_hdr_by_name(msg, &MARK, mark->next) != NULL)
        return;
    for (unsigned i = 0; i < known_count; i++) {
        if (pj_strcmp2(&mark->hvalue, known[i].line) == 0) {
            *account = known[i].account;
            return;
        }
    }
}

/* Calls marked with `line` belong to `account` from now on. 0, or -1: too many lines, or a name too long. Engine's
 * thread, after the endpoint was initialised. */
EXPORT int call_account_set(const char *line, int account) {
    unsigned i = 0;
    if (strlen(line) >= MAX_LINE_NAME)
        return -1;
    while (i < known_count && strcmp(known[i].line, line) != 0)
        i++;
    if (i == MAX_LINES)
        return -1;
    strcpy(known[i].line, line);
    known[i].account = account;
    if (i == known_count)
        known_count++;
    pjsua_get_var()->ua_cfg.cb.on_acc_find_for_incoming = &find_account;
    return 0;
}
