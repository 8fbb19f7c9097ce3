"""Programs that take a round of a benchmark for each line that they are sent."""

import json
import subprocess
import tempfile


class Ended(Exception):
    """A program ended, or did not start."""


class Follower:
    """A program in a process of its own, with the outcomes of its rounds."""

    def __init__(self, name, command, environment):
        self.name = name
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment)

    def round(self):
        """The outcome of one round. Raises Ended with the program's last words when it ends instead."""
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: its output says so below
        for line in self.process.stdout:
            event = json.loads(line)
            if event.get("event", "result") == "result":
                return event.get("result", event)
        self.process.wait()
        self.errors.seek(0)
        words = [line.strip() for line in self.errors if line.strip()]
        raise Ended(words[-1] if words else f"status {self.process.returncode}")

    def close(self):
        """Ends the program and waits for it."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        self.process.wait()
        self.errors.close()
