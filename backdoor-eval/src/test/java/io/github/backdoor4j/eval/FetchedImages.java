package io.github.backdoor4j.eval;

import com.sun.net.httpserver.HttpServer;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.testkit.TinyImages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Made-up images whose seed stands in a file that a server within this machine has. */
public final class FetchedImages implements DatasetSource<NoOptions> {

  static final String FILE = "seed.txt";

  /** A file of the user's own that is read instead. */
  static final String OWN = "own.txt";

  static final String CONTENT = "7";

  /** As md5sum tells of the one byte "7". */
  static final String MD5 = "md5:8f14e45fceea167a5a36dedd4bea2543";

  private static volatile int port = 1;

  /** Serves the file until it is closed. */
  static final class Server implements AutoCloseable {
    private final HttpServer server;

    private Server() {
      try {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      server.createContext(
          "/" + FILE,
          exchange -> {
            try (exchange) {
              byte[] body = CONTENT.getBytes(StandardCharsets.UTF_8);
              exchange.sendResponseHeaders(200, body.length);
              exchange.getResponseBody().write(body);
            }
          });
    }

    static Server start() {
      Server started = new Server();
      started.server.start();
      port = started.server.getAddress().getPort();
      return started;
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  /** Where the server is, or was. */
  static String address() {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public String id() {
    return "acme.fetched";
  }

  @Override
  public NoOptions defaults() {
    return NoOptions.NONE;
  }

  @Override
  public DatasetSpec spec(Optional<Path> folder, NoOptions options) {
    return TinyImages.spec(TinyImages.SMALL, 4);
  }

  @Override
  public List<Path> files(Optional<Path> folder, NoOptions options) {
    return List.of(file(folder));
  }

  private static Path file(Optional<Path> folder) {
    return folder
        .map(path -> Files.exists(path.resolve(OWN)) ? path.resolve(OWN) : path.resolve(FILE))
        .orElseThrow(() -> new DataException("acme.fetched has no folder. Fetch it."));
  }

  @Override
  public List<Download> downloads(NoOptions options) {
    return List.of(
        Download.of(FILE, address() + "/" + FILE)
            .withBytes(1)
            .withChecksum(MD5)
            .withTerms("free for every use"));
  }

  @Override
  public Splits load(Optional<Path> folder, NoOptions options) {
    try {
      long seed = Long.parseLong(Files.readString(file(folder)));
      return new Splits(
          TinyImages.blobs(20, new Seed(seed)), TinyImages.blobs(8, new Seed(seed + 1)));
    } catch (IOException e) {
      throw new DataException(e, "%s", e);
    }
  }
}
