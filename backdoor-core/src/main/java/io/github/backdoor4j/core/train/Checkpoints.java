package io.github.backdoor4j.core.train;

import com.google.common.collect.ImmutableList;
import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where trainings leave their state so that a killed run goes on. Written at the end of an epoch
 * when the last one is old enough, and at the end.
 */
public final class Checkpoints {

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  private final @Nullable Path folder;
  private final Duration interval;

  private Checkpoints(@Nullable Path folder, Duration interval) {
    this.folder = folder;
    this.interval = interval;
  }

  /** No checkpoints: a killed training starts over. */
  public static Checkpoints none() {
    return new Checkpoints(null, INTERVAL);
  }

  /** Checkpoints in a folder, at most one every two seconds. */
  public static Checkpoints in(Path folder) {
    return new Checkpoints(folder, INTERVAL);
  }

  /** The same with another least time between two. */
  public Checkpoints every(Duration least) {
    return new Checkpoints(folder, least);
  }

  Duration interval() {
    return interval;
  }

  Optional<Path> file(String purpose) {
    return Optional.ofNullable(folder).map(f -> f.resolve(purpose + ".checkpoint.safetensors"));
  }

  /** Whether a training left one, so that it goes on from there. */
  public boolean any() {
    return !files().isEmpty();
  }

  /** Deletes all checkpoints, once what they were for is recorded. */
  public void clear() {
    for (Path file : files()) {
      try {
        Files.delete(file);
      } catch (IOException e) {
        throw new DataException(e, "checkpoint %s cannot be deleted: %s", file, e);
      }
    }
  }

  private List<Path> files() {
    if (folder == null || !Files.isDirectory(folder)) {
      return List.of();
    }
    try (var files = Files.newDirectoryStream(folder, "*.checkpoint.safetensors")) {
      return ImmutableList.copyOf(files);
    } catch (IOException e) {
      throw new DataException(e, "checkpoints in %s cannot be listed: %s", folder, e);
    }
  }
}
