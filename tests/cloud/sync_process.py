"""`run_sync` as a process of its own for the tests that kill it: `python -m tests.cloud.sync_process CONFIGURATION`."""

import logging
import sys

import msgspec

from appliance.cloud.process import Backoff, run_sync
from appliance.configuration.file import Configuration

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.exit(run_sync(msgspec.json.decode(sys.argv[1], type=Configuration), Backoff(0.1, 0.5)))
