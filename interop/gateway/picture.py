"""Publishes what a robot does beside its camera, and takes a picture of the page with chromedriver.

    python3 interop/gateway/picture.py PORT ZENOH_ENDPOINT FILE
"""

import base64
import json
import math
import re
import subprocess
import sys
import threading
import time
import urllib.request

import zenoh

port, endpoint, file = sys.argv[1:]
SECONDS = 65  # a whole minute in the charts

config = zenoh.Config()
config.insert_json5("connect/endpoints", json.dumps([endpoint]))
config.insert_json5("scouting/multicast/enabled", "false")
config.insert_json5("timestamping/enabled", "true")
session = zenoh.open(config)


def play():
    n = 0
    while True:
        pose = {"x": round(4 * math.sin(n / 60), 3), "y": round(3 * math.cos(n / 45), 3), "heading": n % 360}
        session.put("robot/pose", json.dumps(pose), encoding="application/json")
        if n % 2 == 0:
            session.put("robot/imu", bytes(48))
        if n % 5 == 0:
            session.put("robot/lidar/points", bytes(120_000))
        if n % 80 == 0:
            session.put("robot/battery", "87.5 %", encoding="text/plain")
        n += 1
        time.sleep(1 / 80)


threading.Thread(target=play, daemon=True).start()

driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def call(method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{driver_port}{path}", method=method,
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]


try:
    for line in driver.stdout:
        if found := re.search(r"started successfully on port (\d+)", line):
            driver_port = found[1]
            break
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--hide-scrollbars"]
    session_id = call("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": flags}}}})["sessionId"]
    base = f"/session/{session_id}"
    call("POST", f"{base}/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
        "width": 1440, "height": 1150, "deviceScaleFactor": 1, "mobile": False}})
    call("POST", f"{base}/url", {"url": f"http://localhost:{port}/#topic=robot%2Fcamera%2Ffront"})
    time.sleep(SECONDS)
    call("POST", f"{base}/execute/sync", {"args": [], "script": "document.querySelector('#objects li button')?.click()"})
    time.sleep(2)
    with open(file, "wb") as out:
        out.write(base64.b64decode(call("GET", f"{base}/screenshot")))
    call("DELETE", base)
finally:
    driver.terminate()
