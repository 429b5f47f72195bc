package io.github.backdoor4j.core;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Flow;

/** Asks for files over https, follows redirects as far as they are safe. */
final class WebGet {

  private static final int MOST_REDIRECTS = 10;
  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int NOT_MODIFIED = 304;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int RANGE_NOT_SATISFIABLE = 416;
  private static final int TOO_MANY = 429;
  private static final int SERVER_ERROR = 500;

  private final HttpClient client;
  private final Duration patience;

  WebGet(Duration patience) {
    this.patience = patience;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER) // its own rule lets http lead to http
            .connectTimeout(patience);
    Optional.ofNullable(ProxySelector.getDefault()).ifPresent(builder::proxy);
    this.client = builder.build();
  }

  /** What a server answered. */
  record Answer(
      int status, java.net.http.HttpHeaders headers, Flow.Publisher<List<ByteBuffer>> body) {

    boolean partial() {
      return status == PARTIAL;
    }

    boolean outOfRange() {
      return status == RANGE_NOT_SATISFIABLE;
    }

    String header(String name) {
      return headers.firstValue(name).orElse("");
    }

    /** Bytes of the body; −1 if the server does not say. */
    long length() {
      return headers.firstValueAsLong("Content-Length").orElse(Download.UNKNOWN_SIZE);
    }

    void discard() {
      new Chunks(body).close();
    }
  }

  /**
   * Asks for a file.
   *
   * @return an answer with status 200, 206, or 416 where the range asked for is not in the file
   * @throws Refusal for every other answer
   */
  Answer ask(URI address, Map<String, String> headers)
      throws IOException, InterruptedException, Refusal {
    URI at = address;
    for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
      Answer answer = once(at, headers);
      if (answer.status() == OK || answer.partial() || answer.outOfRange()) {
        return answer;
      }
      answer.discard();
      if (answer.status() / 100 != 3 || answer.status() == NOT_MODIFIED) {
        throw refusal(answer);
      }
      at = redirect(at, answer.header("Location"));
    }
    throw Refusal.forGood("it redirects more than " + MOST_REDIRECTS + " times");
  }

  private Answer once(URI at, Map<String, String> headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(patience);
    request.header("User-Agent", "backdoor4j");
    headers.forEach(request::header);
    HttpResponse<Flow.Publisher<List<ByteBuffer>>> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofPublisher());
    return new Answer(response.statusCode(), response.headers(), response.body());
  }

  private static URI redirect(URI from, String location) throws Refusal {
    try {
      URI to = from.resolve(location);
      if (!location.isEmpty() && WebAddress.mayRedirect(from, to)) {
        return to;
      }
    } catch (IllegalArgumentException e) {
      // no address at all: refused below
    }
    throw Refusal.forGood("it redirects to '" + location + "', and only https is followed");
  }

  private static Refusal refusal(Answer answer) {
    String text = "it answers with status " + answer.status();
    int status = answer.status();
    boolean temporary = status >= SERVER_ERROR || status == TOO_MANY || status == REQUEST_TIMEOUT;
    if (!temporary) {
      return Refusal.forGood(text);
    }
    String after = answer.header("Retry-After");
    return after.matches("\\d{1,6}")
        ? Refusal.until(Duration.ofSeconds(Long.parseLong(after)), text)
        : Refusal.forNow(text);
  }
}
