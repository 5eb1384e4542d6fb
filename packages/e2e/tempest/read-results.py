"""Prints what a subunit v2 stream on standard input says: one JSON object {id, status, seconds, reason, error} a line."""
import json
import re
import sys

import subunit
import testtools

STATUS = {"success": "pass", "xfail": "pass", "fail": "fail", "uxsuccess": "fail", "skip": "skip"}


def show(test):
    if test["status"] == "exists":
        return
    started, ended = test["timestamps"]
    result = {
        "id": re.sub(r"\[.*\]$", "", test["id"]),
        "status": STATUS.get(test["status"], "cut"),
        "seconds": round((ended - started).total_seconds(), 3) if started and ended else None,
    }
    for name, detail in test["details"].items():
        if name == "reason":
            result["reason"] = detail.as_text()[:300]
        if name.startswith("traceback") and result["status"] == "fail":
            result["error"] = "\n".join(detail.as_text().strip().splitlines()[-8:])[-1500:]
    print(json.dumps(result))


results = testtools.StreamToDict(show)
results.startTestRun()
subunit.ByteStreamToStreamResult(sys.stdin.buffer, non_subunit_name="stdout").run(results)
results.stopTestRun()
