"""The ears and the mouth, and the terminal chat."""

import os

# NumPy's library would spread even small products over all cores, and wait there: on a busy machine the
# spectrogram of three seconds then takes 60 ms instead of 7. It reads this when NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
