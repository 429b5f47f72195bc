package io.github.backdoor4j.core;

import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, taken piece by piece. A stream would block for ever where a server falls
 * silent without closing; here every wait has an end.
 */
final class Chunks implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {

  private static final int AHEAD = 16;

  /** What came: data, or an error, or (with neither) the end. */
  private record Event(List<ByteBuffer> data, @Nullable Throwable error) {}

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private volatile Flow.@Nullable Subscription subscription;

  Chunks(Flow.Publisher<List<ByteBuffer>> body) {
    body.subscribe(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(AHEAD);
  }

  @Override
  public void onNext(List<ByteBuffer> data) {
    events.add(new Event(data, null));
  }

  @Override
  public void onError(Throwable error) {
    events.add(new Event(List.of(), error));
  }

  @Override
  public void onComplete() {
    events.add(new Event(List.of(), null));
  }

  /**
   * The next pieces; none at the end.
   *
   * @throws HttpTimeoutException if nothing comes for that long
   */
  List<ByteBuffer> next(Duration patience) throws IOException, InterruptedException {
    Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    if (event == null) {
      throw new HttpTimeoutException("nothing came for " + patience.toSeconds() + " s");
    }
    Throwable error = event.error();
    if (error != null) {
      throw error instanceof IOException io ? io : new EOFException(error.toString());
    }
    Flow.Subscription source = subscription;
    if (source != null && !event.data().isEmpty()) {
      source.request(1);
    }
    return event.data();
  }

  /** Lets go of the rest. */
  @Override
  public void close() {
    Flow.Subscription source = subscription;
    if (source != null) {
      source.cancel();
    }
  }
}
