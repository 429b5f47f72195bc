package io.github.backdoor4j.core;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Fetches files, when asked to and never otherwise. A transfer that broke off is gone on with; a
 * file gets its name only when size and checksum are right; certificates are always checked, and
 * only https is spoken. Uses the proxy of the Java machine ({@code https.proxyHost}).
 *
 * <p>Immutable; the {@code with} methods return changed copies.
 */
public final class Downloader {

  /** System property and, in capitals with underscores, environment variable that forbid it. */
  private static final String OFFLINE = "backdoor4j.offline";

  private static final double MIB = 1L << 20;
  private static final int MOST_DOUBLINGS = 5;

  /**
   * How far a transfer is.
   *
   * @param file name
   * @param address where it is asked for
   * @param bytes that have come, those of earlier attempts included
   * @param total size in bytes; {@link Download#UNKNOWN_SIZE} if not known
   * @param rate bytes per second of this attempt
   */
  public record Progress(String file, URI address, long bytes, long total, double rate) {

    /** Seconds left at this rate; NaN if not known. */
    public double secondsLeft() {
      return total < 0 || rate <= 0 ? Double.NaN : (total - bytes) / rate;
    }
  }

  /**
   * A file that is there and right.
   *
   * @param file where it is
   * @param bytes its size
   * @param checksum {@code md5:} or {@code sha256:} and digits, measured
   * @param confirmed whether a published checksum says the same; else only its first measurement
   *     does
   * @param fresh whether it was fetched just now
   */
  public record Fetched(Path file, long bytes, String checksum, boolean confirmed, boolean fresh) {}

  /** Watches transfers; called on the thread that fetches. */
  public interface Listener {

    /** Some bytes have come; called many times a second. */
    default void onProgress(Progress progress) {}

    /** Something happened that people may want to know: a retry, a mirror, an unknown checksum. */
    default void onNotice(String text) {}
  }

  private record Settings(
      List<URI> first,
      List<URI> last,
      boolean offline,
      int attempts,
      Duration backoff,
      Duration patience,
      Listener listener,
      ToLongFunction<Path> space) {}

  private final Settings settings;

  private Downloader(Settings settings) {
    this.settings = settings;
  }

  /**
   * No mirrors, five attempts per address, waits of 1, 2, 4 … seconds in between, and at most 60
   * seconds of silence. Offline if the property {@code backdoor4j.offline} or the environment
   * variable {@code BACKDOOR4J_OFFLINE} is set to anything but {@code false}, {@code 0} or nothing.
   */
  public static Downloader standard() {
    return new Downloader(
        new Settings(
            List.of(),
            List.of(),
            Places.flag(OFFLINE),
            5,
            Duration.ofSeconds(1),
            Duration.ofSeconds(60),
            new Listener() {},
            Downloader::usableSpace));
  }

  private static long usableSpace(Path folder) {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE; // unknown: the write will tell
    }
  }

  /**
   * This with folders on other servers that hold the same files.
   *
   * @param before asked before a file's own addresses
   * @param after asked when those fail
   * @throws UsageException if an address is not https
   */
  public Downloader withMirrors(List<URI> before, List<URI> after) {
    before.forEach(WebAddress::check);
    after.forEach(WebAddress::check);
    return new Downloader(
        new Settings(
            List.copyOf(before),
            List.copyOf(after),
            settings.offline,
            settings.attempts,
            settings.backoff,
            settings.patience,
            settings.listener,
            settings.space));
  }

  /** This, forbidden or allowed to use the network. */
  public Downloader withOffline(boolean offline) {
    return new Downloader(
        new Settings(
            settings.first,
            settings.last,
            offline,
            settings.attempts,
            settings.backoff,
            settings.patience,
            settings.listener,
            settings.space));
  }

  /**
   * This with other limits.
   *
   * @param attempts per address, at least 1
   * @param backoff wait before the second attempt, doubled before each further one
   * @param patience longest silence of a server
   */
  public Downloader withRetries(int attempts, Duration backoff, Duration patience) {
    requireAtLeast("attempts", attempts, 1);
    return new Downloader(
        new Settings(
            settings.first,
            settings.last,
            settings.offline,
            attempts,
            backoff,
            patience,
            settings.listener,
            settings.space));
  }

  /** This, watched. */
  public Downloader withListener(Listener listener) {
    return new Downloader(
        new Settings(
            settings.first,
            settings.last,
            settings.offline,
            settings.attempts,
            settings.backoff,
            settings.patience,
            listener,
            settings.space));
  }

  /** This with another idea of how much room a folder has, for tests. */
  Downloader withSpace(ToLongFunction<Path> space) {
    return new Downloader(
        new Settings(
            settings.first,
            settings.last,
            settings.offline,
            settings.attempts,
            settings.backoff,
            settings.patience,
            settings.listener,
            space));
  }

  /**
   * Fetches a file unless it is there; in either case checks it. Waits while another process
   * fetches into the same folder.
   *
   * @param folder where the file shall be; made where needed
   * @throws UsageException if the file is not there and this downloader is offline
   * @throws DataException if no address gives the file, it is not the declared one, there is no
   *     room, or the thread is interrupted (what has come so far is kept)
   */
  public Fetched fetch(Download download, Path folder) {
    Path target = folder.resolve(download.file());
    if (Files.exists(target)) {
      return FetchedFiles.check(download, target, false);
    }
    if (settings.offline) {
      throw offline(download, folder);
    }
    try (FolderLock lock =
        FolderLock.acquire(
            folder, () -> say("another process is fetching into " + folder + "; waiting for it"))) {
      return Files.exists(target) // the other process has fetched it
          ? FetchedFiles.check(download, target, false)
          : new Transfer(this, download, folder).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataException(
          e,
          "fetching %s was interrupted. Fetch it again to go on from where it stopped.",
          download.file());
    }
  }

  /**
   * Reads a file that is there and compares it with its published checksum, or else with the
   * SHA-256 that was measured when it was first seen.
   *
   * @throws DataException if it is missing or another
   */
  public static Fetched verify(Download download, Path folder) {
    Path file = folder.resolve(download.file());
    if (!Files.exists(file)) {
      throw new DataException("%s does not exist. Fetch it first.", file);
    }
    return FetchedFiles.check(download, file, false);
  }

  private static UsageException offline(Download download, Path folder) {
    return new UsageException(
        "%s is not in %s, and fetching is switched off. Unset BACKDOOR4J_OFFLINE (or leave out"
            + " --offline), or put the file there by other means; it is to be had from %s.",
        download.file(),
        folder,
        download.addresses().stream().map(URI::toString).collect(Collectors.joining(" or ")));
  }

  int attempts() {
    return settings.attempts;
  }

  Duration patience() {
    return settings.patience;
  }

  /** How long to wait after a failed attempt: doubled each time, at least what the server wants. */
  Duration delay(int attempt, Duration wanted) {
    Duration own = settings.backoff.multipliedBy(1L << Math.min(attempt - 1, MOST_DOUBLINGS));
    Duration longest = settings.backoff.multipliedBy(1L << MOST_DOUBLINGS);
    Duration capped = wanted.compareTo(longest) > 0 ? longest : wanted;
    return own.compareTo(capped) > 0 ? own : capped;
  }

  /** Where to ask for a file, in this order. */
  List<URI> addresses(Download download) {
    List<URI> all = new ArrayList<>();
    settings.first.forEach(mirror -> all.add(WebAddress.below(mirror, download.file())));
    all.addAll(download.addresses());
    settings.last.forEach(mirror -> all.add(WebAddress.below(mirror, download.file())));
    return all;
  }

  void say(String text) {
    settings.listener.onNotice(text);
  }

  void report(Progress progress) {
    settings.listener.onProgress(progress);
  }

  /** Refuses to begin what the disk cannot hold. */
  void checkSpace(Download download, Path folder, long needed) {
    long free = settings.space.applyAsLong(folder);
    if (needed > free) {
      throw new DataException(
          "%s needs %s more, but %s has only %s free. Make room or choose another folder.",
          download.file(), mebibytes(needed), folder, mebibytes(free));
    }
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / MIB);
  }
}
