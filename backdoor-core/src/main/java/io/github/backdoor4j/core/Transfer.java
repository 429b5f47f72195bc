package io.github.backdoor4j.core;

import io.github.backdoor4j.core.Downloader.Fetched;
import io.github.backdoor4j.core.Downloader.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fetches one file that is not there yet: each address in turn, each several times. */
final class Transfer {

  private static final Pattern RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+|\\*)");
  private static final double NANOS = 1e9;

  private final Downloader settings;
  private final Download download;
  private final Path folder;
  private final Path target;
  private final WebGet web;

  Transfer(Downloader settings, Download download, Path folder) {
    this.settings = settings;
    this.download = download;
    this.folder = folder;
    this.target = folder.resolve(download.file());
    this.web = new WebGet(settings.patience());
  }

  /**
   * Fetches the file.
   *
   * @throws DataException if no address gives it, or it cannot be written
   */
  Fetched run() throws InterruptedException {
    List<String> failures = new ArrayList<>();
    for (URI address : settings.addresses(download)) {
      try {
        return persist(address);
      } catch (Refusal e) {
        failures.add(address + ": " + e.getMessage());
        settings.say(failures.get(failures.size() - 1));
      }
    }
    throw new DataException(
        "%s could not be fetched. %s. Try again later, name a mirror, or put the file into %s by"
            + " other means.",
        download.file(), String.join("; ", failures), folder);
  }

  private Fetched persist(URI address) throws InterruptedException, Refusal {
    for (int attempt = 1; ; attempt++) {
      try {
        return attempt(address);
      } catch (Refusal e) {
        if (!e.temporary() || attempt >= settings.attempts()) {
          throw e;
        }
        pause(settings.delay(attempt, e.delay()), e);
      }
    }
  }

  private void pause(Duration delay, Refusal reason) throws InterruptedException {
    settings.say(
        String.format(
            java.util.Locale.ROOT,
            "%s: %s; trying again in %.0f s",
            download.file(),
            reason.getMessage(),
            delay.toMillis() / 1e3));
    Thread.sleep(delay.toMillis());
  }

  private Fetched attempt(URI address) throws InterruptedException, Refusal {
    try (PartFile part = new PartFile(target)) {
      long have = usable(part, address);
      if (have == 0 || have != download.bytes()) {
        have = receive(address, part, have);
      }
      part.close();
      return complete(part, have > 0);
    } catch (IOException e) {
      throw Refusal.forNow(e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  /**
   * Bytes that can be gone on with: they came from this address, and either the server can tell
   * whether the file has changed since, or a published checksum will.
   */
  private long usable(PartFile part, URI address) {
    long length = part.length();
    boolean same = part.cameFrom(address);
    boolean known = download.bytes() == Download.UNKNOWN_SIZE || length <= download.bytes();
    boolean checkable = !part.validator().isEmpty() || download.confirmed();
    return same && known && checkable ? length : 0;
  }

  /** Fetches what is missing; returns how many bytes were there before and are still used. */
  private long receive(URI address, PartFile part, long have)
      throws IOException, InterruptedException, Refusal {
    WebGet.Answer answer = web.ask(address, headers(part, have));
    if (answer.outOfRange()) {
      part.delete();
      throw Refusal.forNow("the part on disk is no part of the file there");
    }
    long start = answer.partial() ? have : 0; // a server may ignore the range and send everything
    long total = answer.length() < 0 ? Download.UNKNOWN_SIZE : start + answer.length();
    try (Chunks chunks = new Chunks(answer.body())) {
      checkRange(answer, have);
      checkTotal(total);
      if (start > 0) {
        settings.say(download.file() + ": going on after " + start + " bytes");
      }
      settings.checkSpace(download, folder, Math.max(total, download.bytes()) - start);
      part.open(address, validator(answer), start);
      copy(address, chunks, part, start, total);
    }
    return start;
  }

  private static Map<String, String> headers(PartFile part, long have) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (have > 0) {
      headers.put("Range", "bytes=" + have + "-");
      if (!part.validator().isEmpty()) {
        headers.put("If-Range", part.validator());
      }
    }
    return headers;
  }

  /** A strong entity tag or else the date; weak tags say nothing about bytes. */
  private static String validator(WebGet.Answer answer) {
    String tag = answer.header("ETag");
    return tag.startsWith("\"") ? tag : answer.header("Last-Modified");
  }

  private static void checkRange(WebGet.Answer answer, long have) throws Refusal {
    if (answer.partial()) {
      Matcher range = RANGE.matcher(answer.header("Content-Range"));
      if (!range.matches() || Long.parseLong(range.group(1)) != have) {
        throw Refusal.forGood(
            "it sends the range '" + answer.header("Content-Range") + "', not that from " + have);
      }
    }
  }

  private void checkTotal(long total) throws Refusal {
    if (total >= 0 && download.bytes() >= 0 && total != download.bytes()) {
      throw Refusal.forGood(
          "the file there has " + total + " bytes instead of " + download.bytes());
    }
  }

  private void copy(URI address, Chunks chunks, PartFile part, long start, long total)
      throws IOException, InterruptedException, Refusal {
    long done = start;
    long begin = System.nanoTime();
    long expected = total >= 0 ? total : download.bytes();
    for (List<ByteBuffer> next = chunks.next(settings.patience());
        !next.isEmpty();
        next = chunks.next(settings.patience())) {
      for (ByteBuffer buffer : next) {
        done += buffer.remaining();
        part.append(buffer);
      }
      double seconds = (System.nanoTime() - begin) / NANOS;
      settings.report(
          new Progress(
              download.file(), address, done, expected, (done - start) / Math.max(seconds, 1e-3)));
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
    if (expected >= 0 && done != expected) {
      throw Refusal.forNow("it ended after " + done + " of " + expected + " bytes");
    }
  }

  private Fetched complete(PartFile part, boolean resumed) throws Refusal {
    String found = FileHash.like(download.checksum(), part.path());
    if (download.confirmed() && !download.matches(found)) {
      part.delete();
      String text =
          "the checksum should " + download.expectation() + ", but is " + found + "; deleted";
      throw resumed ? Refusal.forNow(text) : Refusal.forGood(text);
    }
    part.finish();
    Fetched fetched = FetchedFiles.check(download, target, true);
    if (!download.confirmed()) {
      settings.say(
          download.file() + ": nobody published a checksum; unconfirmed " + fetched.checksum());
    }
    return fetched;
  }
}
