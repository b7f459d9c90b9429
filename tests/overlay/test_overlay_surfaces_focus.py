"""A window that is closed leaves no trace in Tk's memory of who had the focus."""

import subprocess
import sys
from pathlib import Path

from tests.hub_process import ROOT


def test_a_window_that_the_pointer_had_focused_can_be_closed(tmp_path: Path) -> None:
    # In a process of its own: without care it ends by a segmentation fault. It needs a desk like the others.
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.overlay.pointer_focus", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
