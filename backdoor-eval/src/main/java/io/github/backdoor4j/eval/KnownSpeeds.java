package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.Places;
import io.github.backdoor4j.core.record.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Speeds of networks that this machine has measured before. Measuring takes longer than everything
 * else before the first batch, and only an estimate for people comes of it.
 */
final class KnownSpeeds {

  /** After this a speed is measured again: drivers, libraries and other load change. */
  static final Duration KEPT = Duration.ofDays(7);

  private final Path folder;
  private final InstantSource clock;

  KnownSpeeds(Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /** Those in the cache of Backdoor4J. */
  static KnownSpeeds standard() {
    return new KnownSpeeds(Places.cache().resolve("speed"), InstantSource.system());
  }

  /**
   * A speed and when it was measured.
   *
   * @param speed seconds per image
   * @param age since the measurement; zero if it was made for this question
   */
  record Known(NetworkSpeed speed, Duration age) {}

  /**
   * What a file holds.
   *
   * @param what was measured, word for word
   * @param measured seconds since 1970
   */
  record Entry(ObjectNode what, NetworkSpeed speed, long measured) {}

  /**
   * The speed that was kept, if it is not too old; else a new measurement, which is kept.
   *
   * @param what everything that the speed depends on
   * @param fresh whether to measure anew in any case
   */
  Known of(ObjectNode what, boolean fresh, Supplier<NetworkSpeed> measurement) {
    Path file = folder.resolve(name(what));
    Optional<Known> kept = fresh ? Optional.empty() : read(file, what);
    return kept.orElseGet(() -> measure(file, what, measurement));
  }

  private Known measure(Path file, ObjectNode what, Supplier<NetworkSpeed> measurement) {
    NetworkSpeed speed = measurement.get();
    try {
      long now = clock.instant().getEpochSecond();
      AtomicFiles.replace(file, Json.writePretty(new Entry(what, speed, now)));
    } catch (DataException unwritable) {
      return new Known(speed, Duration.ZERO); // measured again next time
    }
    return new Known(speed, Duration.ZERO);
  }

  private Optional<Known> read(Path file, ObjectNode what) {
    try {
      Entry entry = Json.read(Files.readString(file), Entry.class);
      Duration age = Duration.between(Instant.ofEpochSecond(entry.measured()), clock.instant());
      boolean valid = entry.what().equals(what) && !age.isNegative() && age.compareTo(KEPT) < 0;
      return valid ? Optional.of(new Known(entry.speed(), age)) : Optional.empty();
    } catch (JsonProcessingException broken) {
      return Optional.empty();
    } catch (IOException absent) {
      return Optional.empty();
    }
  }

  private static String name(ObjectNode what) {
    String text = Json.write(what);
    return Hashing.sha256().hashString(text, StandardCharsets.UTF_8).toString().substring(0, 32)
        + ".json";
  }
}
