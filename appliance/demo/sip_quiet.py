"""Whether sound still comes on a SIP call: a far end that died says no good-bye, its packets just stop."""

from appliance.demo.loop import now_ms
from appliance.demo.sip_engine import PeerError
from appliance.demo.sip_peers import SipPeers


class PacketWatch:
    """Counts a call's packets each time it is asked; begin anew with `forget` for the next call."""

    def __init__(self, peers: SipPeers) -> None:
        self._peers = peers
        self._packets = -1
        self._since_ms = 0

    def forget(self) -> None:
        self._packets = -1

    def quiet_ms(self, key: str) -> int:
        """How long no packet has come on this call, as far as the asking before this one can tell."""
        try:
            packets = self._peers.sound(key).rtp_in
        except PeerError:
            return 0
        if packets != self._packets:
            self._packets, self._since_ms = packets, now_ms()
        return now_ms() - self._since_ms
