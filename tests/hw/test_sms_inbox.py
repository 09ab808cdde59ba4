"""What was read out of a modem is handed up once, however often its memory is looked into, until it is emptied."""

from hw.sms_answers import ListedUnit
from hw.sms_events import MessageEvent, SmsTimings
from hw.sms_fields import address_of
from hw.sms_inbox import SmsInbox
from hw.sms_pdu import Deliver, write_deliver
from hw.sms_text import split_text

UNIT = ListedUnit(
    3, write_deliver(Deliver(address_of("600123123"), split_text("hola", 0)[0], 1_700_000_000_000)).hex, True
)


def test_a_look_between_kept_and_emptied_tells_nothing_again() -> None:
    told: list[MessageEvent] = []
    inbox = SmsInbox(SmsTimings(), told.append)
    inbox.take_unit("ME/3", UNIT, 0)
    inbox.take_unit("ME/3", UNIT, 10)
    assert len(told) == 1
    assert inbox.kept(told[0].id) == ("ME/3",)  # type: ignore[union-attr]  # a MessageCame
    inbox.take_unit("ME/3", UNIT, 20)
    assert len(told) == 1
    inbox.emptied("ME/3")
    inbox.take_unit("ME/3", UNIT, 30)  # it was not emptied after all
    assert len(told) == 2
    assert told[0] == told[1]
