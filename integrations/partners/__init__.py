"""One folder a partner; each is complete in itself and knows no other."""
