"""What every check in Python needs: the simulator's control API, and an ending that tells."""

import asyncio
import json
import os
import sys
import time
import urllib.request


def control(base, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def violations(base):
    return [one for entry in control(base, "/_sim/journal") for one in entry["violations"]]


def press(base, platform, card, user, action):
    body = {"platform": platform, "card": card, "user": user, "action": action}
    return control(base, "/_sim/press", body)


def eventually(what, so):
    for _ in range(500):
        found = so()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("never: " + what)


def finish(check):
    """Runs a check; the process ends here, because some SDKs swallow a cancellation and start again."""
    try:
        result = check()
        if asyncio.iscoroutine(result):
            asyncio.run(asyncio.wait_for(result, 60))
        print("OK", flush=True)
        code = 0
    except BaseException as error:  # noqa: BLE001: every failure is the result of this check
        print("FAILED", type(error).__name__, error, flush=True)
        code = 1
    sys.stdout.flush()
    os._exit(code)
