"""The windows she is painted on, one file for each way to be see-through."""
