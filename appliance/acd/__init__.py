"""The call centre's decisions as a pure machine: inputs in, effects out, no clock, no I/O.

Where to begin reading: `acd` is the machine and its two tables, from input to rule and from deadline to rule. The words
are in `inputs`, `effects`, `plan` and `view`, the memory in `state`, and what may follow what in the tables of `calls`
and `agents`. A call's way through the rules:

    routing       which queue            distribution  who is rung, and why      ending      letting go, the record
    admission     in, or where else      rings         a ring and its outcome    records     the CDR's arithmetic
    queues        who waits where        conversation  two who hear each other   recovery    after something died

Beside them: `announcements` and `prompts`, `recordings`, `legs`, `lamps`, `worklist`, `hours`; what people ask in
`people`, `refusals` and `star_codes`; `explain` tells decisions in sentences; `snapshot` is the state as bytes.
"""
