"""Can be imported only where there is a screen to show her on: how the launcher and the doctor ask."""

import tkinter as tk

from overlay import NO_SCREEN

try:
    tk.Tk().destroy()
except tk.TclError as error:
    raise ImportError(NO_SCREEN) from error
