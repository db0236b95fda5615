"""zenoh-python on the other side of a test of queries and liveliness.

usage: queries.py ENDPOINT answer LANE   answers queries until its input ends
       queries.py ENDPOINT ask LANE      asks, and prints a line per reply
       queries.py ENDPOINT alive LANE    says who is there, and tells who else is, until its input ends

LANE is `network` or `shm`. All connect to ENDPOINT.
"""

import sys
import zlib

import zenoh

KEY = "interop/query/python"
SIZE = 1_000_003


def say(line):
    # In one write, as handlers on other threads print as well.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def open_session(endpoint, lane):
    shared = str(lane == "shm").lower()
    return zenoh.open(
        zenoh.Config.from_json5(
            f"{{mode:'peer',scouting:{{multicast:{{enabled:false}}}},listen:{{endpoints:[]}},"
            f"connect:{{endpoints:['{endpoint}']}},transport:{{shared_memory:{{enabled:{shared},"
            "transport_optimization:{enabled:false}}}}"
        )
    )


def shared_bytes(pool, data):
    loan = pool.alloc(len(data), policy=zenoh.shm.BlockOn(zenoh.shm.GarbageCollect()))
    loan[:] = data
    return loan


def answer(session, lane):
    pool = zenoh.shm.ShmProvider.default_backend(64 << 20) if lane == "shm" else None

    def reply(query):
        with query:
            asked = query.payload.to_bytes() if query.payload is not None else b""
            parts = int(query.parameters.get("parts", "1"))
            for part in range(parts):
                data = bytes((part,)) * SIZE
                query.reply(
                    KEY,
                    shared_bytes(pool, data) if pool else data,
                    encoding="application/cdr",
                    attachment=f"{part} {query.encoding} {len(asked)} {zlib.crc32(asked)} "
                    f"{query.attachment.to_string() if query.attachment is not None else 'none'}",
                )
            if "delete" in query.parameters:
                query.reply_del(KEY)
            if "error" in query.parameters:
                query.reply_err("no such thing", encoding="text/plain")

    queryable = session.declare_queryable(KEY, reply, complete=True)
    say("ready")
    sys.stdin.read()
    queryable.undeclare()


def ask(session, lane):
    pool = zenoh.shm.ShmProvider.default_backend(64 << 20) if lane == "shm" else None
    querier = session.declare_querier("interop/query/java")
    while not querier.matching_status.matching:
        pass
    data = bytes(range(256)) * 4096
    replies = session.get(
        "interop/query/java?parts=3;error;delete",
        target=zenoh.QueryTarget.ALL,
        consolidation=zenoh.ConsolidationMode.NONE,
        timeout=30.0,
        payload=shared_bytes(pool, data) if pool else data,
        encoding="image/png",
        attachment="from python",
    )
    for reply in replies:
        if reply.ok is not None:
            sample = reply.ok
            content = sample.payload.to_bytes()
            with_it = sample.attachment.to_string() if sample.attachment is not None else "none"
            say(f"{sample.kind} {sample.key_expr} {sample.encoding} {len(content)} {zlib.crc32(content)} {with_it}")
        else:
            say(f"error {reply.err.encoding} {reply.err.payload.to_string()}")
    say("end")
    sys.stdin.read()


def alive(session, _):
    def tell(sample):
        say(f"{sample.kind} {sample.key_expr}")

    subscriber = session.liveliness().declare_subscriber("interop/alive/java/**", tell, history=True)
    token = session.liveliness().declare_token("interop/alive/python")
    say("ready")
    sys.stdin.readline()
    say("tokens " + " ".join(sorted(str(reply.ok.key_expr) for reply in session.liveliness().get("interop/alive/**"))))
    token.undeclare()
    say("undeclared")
    sys.stdin.read()
    subscriber.undeclare()


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[2] in ("answer", "ask", "alive"):
        with open_session(sys.argv[1], sys.argv[3]) as opened:
            globals()[sys.argv[2]](opened, sys.argv[3])
    else:
        sys.exit(__doc__)
