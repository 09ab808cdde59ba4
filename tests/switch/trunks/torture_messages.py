"""The messages of RFC 4475, each by its section and what it torments; Via, tags and Call-ID are ours where they do not
matter. Written after the RFC's text: every peculiarity it names is here, byte for byte where bytes are the point."""

from tests.switch.trunks.torture_writing import HOME, PLAIN_SDP, SDP, Torture, invite, request, wire

WSINV = r"""
INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : %LENGTH
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33
"""
WEIRD_USER = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
WEIRD_METHOD = "!interesting-Method0123456789_*+`.%indeed'~"
LONG = "amazinglylongcallername" * 20
TRANSPORTS = ("UDP", "SCTP", "TLS", "UNKNOWN", "TCP")
BOUNDARY = "7a9cbec02ceef655"
DOUBLE = request("dblreq", "REGISTER", "sip:example.com", Contact="<sip:j.user@host.example.com>") + invite("dblreq2")

VALID = (
    Torture("3.1.1.1", "wsinv: folded, spaced and oddly cased", wire(WSINV, SDP)),
    Torture(
        "3.1.1.2",
        "intmeth: a wide range of valid characters",
        request(
            "intmeth",
            WEIRD_METHOD,
            f"sip:{WEIRD_USER}:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
            more="extensionHeader-!.%*+_`'~:\ufeff大停電",
            Via="SIP/2.0/UDP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
            To=f'"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:{WEIRD_USER}@example.com>',
            From="token1~` token2'+_ token3*%!.- <sip:mundane@example.com>"
            ";fromParam''~+*_!.-%=\"работающий\";tag=_token~1'+`*%!-.",
            Call_ID="intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
            Max_Forwards="255",
        ),
    ),
    Torture(
        "3.1.1.3",
        "esc01: escapes in users that look like URIs",
        invite(
            "esc01",
            "sip:sips%3Auser%40example.com@example.net",
            To="sip:%75se%72@example.com",
            From="<sip:I%20have%20spaces@example.net>;tag=938",
            Contact="<sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>",
        ),
    ),
    Torture(
        "3.1.1.4",
        "escnull: escaped nulls in URIs",
        request(
            "escnull",
            "REGISTER",
            "sip:example.com",
            To="sip:null-%00-null@example.com",
            From="sip:null-%00-null@example.com;tag=839923423",
            Contact="<sip:%00@host5.example.com>, <sip:%00%00@host5.example.com>",
        ),
    ),
    Torture(
        "3.1.1.5",
        "esc02: a percent sign where it escapes nothing",
        request(
            "esc02",
            "RE%47IST%45R",
            "sip:registrar.example.com",
            To='"%Z%45" <sip:resource@example.com>',
            From='"%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
            Via="SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK209%fzsnel234",
            Contact="<sip:alias1@host1.example.com>\nC%6Fntact: <sip:alias2@host2.example.com>",
        ),
    ),
    Torture(
        "3.1.1.6",
        "lwsdisp: no space between a name and its bracket",
        request("lwsdisp", "OPTIONS", From="caller<sip:caller@example.com>;tag=323"),
    ),
    Torture(
        "3.1.1.7",
        "longreq: long values everywhere",
        invite(
            "longreq",
            To=f'"I have a user name of {"extreme" * 30} proportion"<sip:user@{HOME}:6000;unknownparam1={LONG}'
            f";longparam{'name' * 60}=shortvalue;very{'long' * 60}ParameterNameWithNoValue>",
            From=f"sip:{LONG}@example.net;tag=12{'982' * 60}424;unknownheaderparam{'name' * 30}=unknown{'value' * 30}",
            Call_ID=f"longreq.one{'really' * 40}longcallid",
            Via="SIP/2.0/UDP host5.example.com;branch=z9hG4bK-longreq"
            + "".join(f"\nVia: SIP/2.0/TCP sip{number}.example.com" for number in range(30)),
            Contact=f"<sip:{LONG}@host5.example.net>",
        ),
    ),
    Torture("3.1.1.8", "dblreq: a second request behind the first", DOUBLE),
    Torture(
        "3.1.1.9",
        "semiuri: a parameter in the user",
        request("semiuri", "OPTIONS", f"sip:user;par=u%40example.net@{HOME}"),
    ),
    Torture(
        "3.1.1.10",
        "transports: every kind of transport in Via",
        request(
            "transports",
            "OPTIONS",
            Via="SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw"
            + "".join(f"\nVia: SIP/2.0/{one} t.example.com;branch=z9hG4bK{one}" for one in TRANSPORTS),
        ),
    ),
    Torture(
        "3.1.1.11",
        "mpart01: a multipart body with bytes in it",
        request(
            "mpart01",
            "MESSAGE",
            Content_Type=f"multipart/mixed;boundary={BOUNDARY}",
            body=f"--{BOUNDARY}\nContent-Type: text/plain\n\nHello"
            "\n--{BOUNDARY}\nContent-Type: application/octet-stream"
            f"\nContent-Transfer-Encoding: binary\n\n\x00\x01\x02\xff\n--{BOUNDARY}--",
        ),
    ),
    Torture(
        "3.1.1.12",
        "unreason: a reason phrase in another script",
        wire(
            "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое"
            "\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923"
            "\nCall-ID: unreason.1234ksdfak3j2erwedfsASdf\nCSeq: 35 INVITE\nFrom: sip:user@example.com;tag=11141343"
            "\nTo: sip:user@example.edu;tag=2229\nContent-Length: %LENGTH\nContact: <sip:user@host198.example.com>"
            "\nContent-Type: application/sdp",
            PLAIN_SDP,
        ),
    ),
    Torture(
        "3.1.1.13",
        "noreason: no reason phrase",
        wire(
            "SIP/2.0 100 \nVia: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe"
            "\nCall-ID: noreason.asndj203insdf99223ndf"
            "\nCSeq: 35 INVITE\nFrom: <sip:user@example.com>;tag=39ansfi3\nTo: <sip:user@example.edu>;tag=902jndnke3"
            "\nContent-Length: 0\nContact: <sip:user@host105.example.com>"
        ),
    ),
)

INVALID = (
    Torture(
        "3.1.2.1",
        "badinv01: separators and parameters without a value",
        invite(
            "badinv01",
            To="sip:j.user@example.com",
            From="sip:caller@example.net;tag=134161461246",
            Via="SIP/2.0/UDP 192.0.2.15;;,;,,",
            Contact='"Joe" <sip:joe@example.org>;;;;',
        ),
    ),
    Torture("3.1.2.2", "clerr: Content-Length larger than the message", invite("clerr", Content_Length="9999")),
    Torture("3.1.2.3", "ncl: Content-Length below zero", invite("ncl", Content_Length="-999")),
    Torture(
        "3.1.2.4",
        "scalar02: numbers too large in a request",
        request(
            "scalar02",
            "REGISTER",
            "sip:example.com",
            CSeq="36893488147419103232 REGISTER",
            Max_Forwards="300",
            more="Expires: 1000000000000",
            Contact="<sip:user@host129.example.com>;expires=280297596632815",
        ),
    ),
    Torture(
        "3.1.2.5",
        "scalarlg: numbers too large in a response",
        wire(
            "SIP/2.0 503 Service Unavailable\nVia: SIP/2.0/UDP host5.example.com;branch=z9hG4bKzzxdiwo34sw"
            "\nTo: <sip:user@example.com>\nFrom: <sip:other@example.net>;tag=2easdjfejw"
            "\nCSeq: 9292394834772304023312 OPTIONS"
            "\nCall-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r\nRetry-After: 949302838503028349304023988"
            '\nWarning: 1812 overture "In Progress"\nContent-Length: 0'
        ),
    ),
    Torture(
        "3.1.2.6", "quotbal: a quote that does not end", invite("quotbal", To='"Mr. J. User <sip:j.user@example.com>')
    ),
    Torture("3.1.2.7", "ltgtruri: the Request-URI in brackets", invite("ltgtruri", "<sip:user@example.com>")),
    Torture("3.1.2.8", "lwsruri: a space in the Request-URI", invite("lwsruri", "sip:user@example.com; lr")),
    Torture(
        "3.1.2.9",
        "lwsstart: too many spaces in the first line",
        invite("lwsstart", "", Version=" sip:user@example.com  SIP/2.0"),
    ),
    Torture("3.1.2.10", "trws: a space after the first line", invite("trws", Version="SIP/2.0  ")),
    Torture(
        "3.1.2.11",
        "escruri: escaped headers in the Request-URI",
        invite("escruri", "sip:user@example.com?Route=%3Csip:example.com%3E"),
    ),
    Torture(
        "3.1.2.12",
        "baddate: a date in a zone of its own",
        invite("baddate", more="Date: Fri, 01 Jan 2010 16:00:00 EST"),
    ),
    Torture(
        "3.1.2.13",
        "regbadct: a contact that needs brackets",
        request(
            "regbadct", "REGISTER", "sip:example.com", Contact="sip:user@example.com?Route=%3Csip:sip.example.com%3E"
        ),
    ),
    Torture(
        "3.1.2.14",
        "badaspec: spaces within the brackets",
        request("badaspec", "OPTIONS", To='"Watson, Thomas" < sip:t.watson@example.org >'),
    ),
    Torture(
        "3.1.2.15",
        "baddn: a display name that needs quotes",
        request("baddn", "OPTIONS", From="Bell, Alexander <sip:a.g.bell@example.com>;tag=43"),
    ),
    Torture(
        "3.1.2.16",
        "badvers: a version nobody knows",
        request("badvers", "OPTIONS", Version="SIP/7.0", Via="SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw"),
    ),
    Torture("3.1.2.17", "mismatch01: another method in CSeq", request("mismatch01", "OPTIONS", CSeq="8 INVITE")),
    Torture(
        "3.1.2.18",
        "mismatch02: an unknown method, another in CSeq",
        request("mismatch02", "NEWMETHOD", CSeq="8 INVITE", body=PLAIN_SDP),
    ),
    Torture(
        "3.1.2.19",
        "bigcode: a status too large",
        wire(
            "SIP/2.0 4294967301 better not break the receiver\nVia: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe"
            "\nCall-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i"
            "\nCSeq: 353494 INVITE\nFrom: <sip:user@example.com>;tag=39ansfi3"
            "\nTo: <sip:user@example.edu>;tag=902jndnke3\nContent-Length: 0\nContact: <sip:user@host105.example.com>"
        ),
    ),
)

SEMANTIC = (
    Torture(
        "3.2.1",
        "badbranch: nothing after the magic cookie",
        request("badbranch", "OPTIONS", Via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"),
    ),
    Torture("3.3.1", "insuf: no Call-ID, From or To", invite("insuf", To="", From="", Call_ID="")),
    Torture(
        "3.3.2",
        "unkscm: an unknown scheme",
        request("unkscm", "OPTIONS", "nobodyKnowsThisScheme:totallyopaquecontent"),
    ),
    Torture(
        "3.3.3",
        "novelsc: a known scheme that is not SIP",
        request("novelsc", "OPTIONS", "soap.beep://192.0.2.103:3002"),
    ),
    Torture(
        "3.3.4",
        "unksm2: unknown schemes in To and From",
        request(
            "unksm2",
            "REGISTER",
            "sip:example.com",
            To="isbn:2983792873",
            From="<http://www.example.com>;tag=3234233",
            Contact="<name:John_Smith>",
        ),
    ),
    Torture(
        "3.3.5",
        "bext01: extensions nobody supports",
        request(
            "bext01",
            "OPTIONS",
            more="Proxy-Require: nothingSupportsThis, nothingSupportsThisEither\nRequire: noIDontEither",
        ),
    ),
    Torture(
        "3.3.6",
        "invut: a body nobody reads",
        invite("invut", Content_Type="application/unknownformat", body='<audio>\n <pcmu port="443"/>\n</audio>\n'),
    ),
    Torture(
        "3.3.7",
        "regaut01: credentials of an unknown kind",
        request("regaut01", "REGISTER", "sip:example.com", more="Authorization: NoOneKnowsThisScheme opaque-data=here"),
    ),
    Torture(
        "3.3.8",
        "multi01: several values where one may be",
        invite(
            "multi01",
            CSeq="5 INVITE\nCSeq: 59 INVITE",
            Call_ID="multi01.98asdh@192.0.2.1\nCall-ID: multi01.98asdh@192.0.2.2",
            From="sip:caller@example.com;tag=3413415\nFrom: sip:caller@example.net;tag=2923420123",
            To="sip:user@example.com\nTo: sip:other@example.net",
            Contact="<sip:caller@host36.example.net>\nContact: <sip:c@h>",
            Max_Forwards="5\nMax-Forwards: 5",
        ),
    ),
    Torture(
        "3.3.9",
        "mcl01: two lengths",
        request(
            "mcl01",
            "OPTIONS",
            Content_Length="13\nContent-Length: 5",
            body="There's no way to know how many octets are supposed to be here.\n",
        ),
    ),
    Torture(
        "3.3.10",
        "bcast: a response for another who sent it to all",
        wire(
            "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923"
            "\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23"
            "\nCall-ID: bcast.0384840201234ksdfak3j2erwedfsASdf"
            "\nCSeq: 35 INVITE\nFrom: sip:user@example.com;tag=11141343"
            "\nTo: sip:user@example.edu;tag=2229\nContent-Length: %LENGTH\nContent-Type: application/sdp",
            PLAIN_SDP,
        ),
    ),
    Torture("3.3.11", "zeromf: Max-Forwards is zero", request("zeromf", "OPTIONS", Max_Forwards="0")),
    Torture(
        "3.3.12",
        "cparam01: a contact parameter of a contact",
        request("cparam01", "REGISTER", "sip:example.com", Contact="sip:+19725552222@gw1.example.net;unknownparam"),
    ),
    Torture(
        "3.3.13",
        "cparam02: a URI parameter of a contact",
        request("cparam02", "REGISTER", "sip:example.com", Contact="<sip:+19725552222@gw1.example.net;unknownparam>"),
    ),
    Torture(
        "3.3.14",
        "regescrt: escaped headers in a contact",
        request(
            "regescrt", "REGISTER", "sip:example.com", Contact="<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"
        ),
    ),
    Torture("3.3.15", "sdp01: bodies that are not wanted", invite("sdp01", more="Accept: text/nobodyKnowsThis")),
    Torture(
        "3.4.1",
        "inv2543: as before RFC 3261",
        wire(
            "INVITE sip:UserB@example.com SIP/2.0\nVia: SIP/2.0/UDP iftgw.example.com"
            "\nFrom: <sip:+13035551111@ift.client.example.net;user=phone>"
            "\nRecord-Route: <sip:UserB@example.com;maddr=ss1.example.com>"
            "\nTo: sip:+16505552222@ss1.example.net;user=phone"
            "\nCall-ID: inv2543.1717@ift.client.example.com\nCSeq: 56 INVITE\nContent-Type: application/sdp",
            PLAIN_SDP,
        ),
    ),
)

MESSAGES = (*VALID, *INVALID, *SEMANTIC)
