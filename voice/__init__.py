"""The ears and the mouth, and the terminal chat."""

import os

# Since version 1.29 onnxruntime reports its use to Microsoft unless it is told not to; huggingface_hub tells
# its hosts what it runs in. Nothing of the kind leaves this machine; here, for every part that loads them.
for _name in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ[_name] = "1"
