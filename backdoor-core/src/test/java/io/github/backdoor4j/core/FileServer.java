package io.github.backdoor4j.core;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A web server within this machine that serves bytes, well or badly. */
final class FileServer implements AutoCloseable {

  /** What one address answers. */
  @FunctionalInterface
  interface Answer {
    /** Answers a request; the caller closes the exchange. */
    void give(HttpExchange exchange) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  /** "path range if-range" of every request. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  FileServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  String address(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  FileServer on(String path, Answer answer) {
    answers.put(path, answer);
    return this;
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String range = exchange.getRequestHeaders().getFirst("Range");
    String condition = exchange.getRequestHeaders().getFirst("If-Range");
    requests.add(path + " " + range + " " + condition);
    try (exchange) {
      answers.getOrDefault(path, status(404)).give(exchange);
    }
  }

  static Answer status(int status) {
    return exchange -> exchange.sendResponseHeaders(status, -1);
  }

  static Answer redirect(String target) {
    return exchange -> {
      exchange.getResponseHeaders().set("Location", target);
      exchange.sendResponseHeaders(302, -1);
    };
  }

  /** All of a file, whatever range is asked for. */
  static Answer whole(byte[] content) {
    return exchange -> send(exchange, 200, content, content.length);
  }

  /** A file with an entity tag, and the range that is asked for if the tag is still the same. */
  static Answer ranged(byte[] content, String tag) {
    return cut(content, tag, content.length);
  }

  /** The same, but breaking off after some bytes. */
  static Answer cut(byte[] content, String tag, int after) {
    return exchange -> {
      exchange.getResponseHeaders().set("ETag", tag);
      String range = exchange.getRequestHeaders().getFirst("Range");
      String condition = exchange.getRequestHeaders().getFirst("If-Range");
      if (range == null || (condition != null && !condition.equals(tag))) {
        send(exchange, 200, content, after);
        return;
      }
      int from = Integer.parseInt(range.replaceAll("\\D", ""));
      if (from >= content.length) {
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
      byte[] rest = Arrays.copyOfRange(content, from, content.length);
      send(exchange, 206, rest, Math.min(after, rest.length));
    };
  }

  private static void send(HttpExchange exchange, int status, byte[] content, int after)
      throws IOException {
    exchange.sendResponseHeaders(status, content.length);
    OutputStream out = exchange.getResponseBody();
    out.write(content, 0, after);
    out.flush();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
