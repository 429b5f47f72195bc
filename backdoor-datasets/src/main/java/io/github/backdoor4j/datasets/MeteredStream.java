package io.github.backdoor4j.datasets;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Knows how far it has been read, and gives no more than was allowed. */
final class MeteredStream extends FilterInputStream {

  private long position;
  private long allowed = Long.MAX_VALUE;

  MeteredStream(InputStream in) {
    super(in);
  }

  long position() {
    return position;
  }

  /** Allows so many bytes from here; the old allowance ends. */
  void allow(long bytes) {
    allowed = bytes;
  }

  @Override
  public int read() throws IOException {
    check(1);
    int value = in.read();
    advance(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    check(length == 0 ? 0 : 1);
    int read = in.read(buffer, offset, (int) Math.min(length, allowed));
    advance(Math.max(0, read));
    return read;
  }

  @Override
  public long skip(long bytes) throws IOException {
    check(bytes > 0 ? 1 : 0);
    long skipped = in.skip(Math.min(bytes, allowed));
    advance(skipped);
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false; // going back would spoil the count
  }

  private void check(long needed) throws IOException {
    if (needed > allowed) {
      throw new IOException("the headers of one entry are longer than any real ones");
    }
  }

  private void advance(long bytes) {
    position += bytes;
    allowed -= bytes;
  }
}
