"""zenoh-python on the other side of a test of advanced publishers and subscribers.

usage: advanced.py ENDPOINT publish     publishes 5 samples and keeps 3, until its input ends
       advanced.py ENDPOINT subscribe   prints 3 samples of a history and those that follow, until its input ends

All connect to ENDPOINT.
"""

import sys

import zenoh
import zenoh.ext as ext

KEY = "interop/advanced"


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def publish(session):
    publisher = ext.declare_advanced_publisher(
        session,
        KEY,
        cache=ext.CacheConfig(3),
        sample_miss_detection=ext.MissDetectionConfig(heartbeat=0.1, sporadic_heartbeat=None),
        publisher_detection=True,
    )
    for i in range(5):
        publisher.put(f"p{i}")
    say("published")
    for line in sys.stdin:
        publisher.put(line.strip())


def subscribe(session):
    subscriber = ext.declare_advanced_subscriber(
        session,
        KEY,
        lambda sample: say(sample.payload.to_string()),
        history=ext.HistoryConfig(detect_late_publishers=True, max_samples=3),
        recovery=ext.RecoveryConfig(periodic_queries=None, heartbeat=True),
    )
    subscriber.sample_miss_listener(lambda miss: say(f"missed {miss.nb}"))
    sys.stdin.read()


session = zenoh.open(
    zenoh.Config.from_json5(
        "{mode:'peer',scouting:{multicast:{enabled:false}},listen:{endpoints:[]},"
        f"connect:{{endpoints:['{sys.argv[1]}']}},transport:{{shared_memory:{{enabled:false}}}}}}"
    )
)
{"publish": publish, "subscribe": subscribe}[sys.argv[2]](session)
session.close()
