"""The edge: who may come in, the socket, the two codecs, the outboxes."""
