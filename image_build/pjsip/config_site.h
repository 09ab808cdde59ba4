/* How Centralita's PJSIP is sized: an office of 30 agents and 30 waiting callers with head room.
 *
 * The published wheel allows four call legs and select() with 64 handles, which is why we build our own.
 * Every number here is a limit the switch process relies on; raising one costs memory at start-up only. */
#define PJSUA_MAX_CALLS              512
#define PJSUA_MAX_ACC                64
#define PJSUA_MAX_CONF_PORTS         4000
#define PJSUA_MAX_PLAYERS            256
#define PJSUA_MAX_RECORDERS          256
#define PJ_IOQUEUE_MAX_HANDLES       4096   /* epoll: an upper bound only; select() would be capped by FD_SETSIZE */
#define PJSIP_MAX_TSX_COUNT          4095
#define PJSIP_MAX_DIALOG_COUNT       2047
#define PJSIP_MAX_TRANSPORTS         1024
#define PJSIP_UDP_SO_RCVBUF_SIZE     (1024*1024)
#define PJSIP_UDP_SO_SNDBUF_SIZE     (1024*1024)
#define PJSIP_DONT_SWITCH_TO_TCP     1      /* Kamailio is on loopback: a large INVITE stays on UDP */
#define PJSIP_MAX_PKT_LEN            8000
#define PJ_HAS_IPV6                  1
#define PJMEDIA_HAS_VIDEO            0
#define PJ_DEBUG                     0
#define PJ_LOG_MAX_LEVEL             5
#define PJ_ENABLE_EXTRA_CHECK        1      /* PJ_ASSERT_RETURN keeps returning errors although NDEBUG is set */
#define PJ_IOQUEUE_DEFAULT_EPOLL_FLAGS 0   /* one thread polls each queue: exclusive wake-ups would only cost system calls */
