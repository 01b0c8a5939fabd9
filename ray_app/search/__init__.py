"""Answers queries: from a request to a stream of events, without Ray and without HTTP."""
