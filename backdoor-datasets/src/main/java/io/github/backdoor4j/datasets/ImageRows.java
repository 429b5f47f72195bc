package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.ImageShape;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinTask;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Image files decoded, resized and put into the rows of one tensor, whatever the order in which
 * they come. Files are collected in batches, and the images of a batch are decoded on all cores;
 * the result does not depend on how many there are.
 *
 * <p>The pool's threads see bytes only, never a tensor: memory scopes belong to the calling thread.
 */
final class ImageRows {

  /** What is done to an image between decoding and resizing. */
  @FunctionalInterface
  interface Edit {
    /** May throw a {@link DataException} that names the file; called from several threads. */
    RgbImage apply(int row, RgbImage image);
  }

  private static final int BATCH_FILES = 1024;
  private static final long BATCH_BYTES = 16L << 20;
  private static final int SHOWN = 10;

  private record Job(int row, String name, byte[] file) {}

  /** Either an image or what is wrong with it. */
  private record Result(byte[] planes, String failure) {}

  private final String where;
  private final List<String> names;
  private final Map<String, Integer> rowOf = new HashMap<>();
  private final ImageShape shape;
  private final Edit edit;
  private final Tensor images;
  private final BitSet filled = new BitSet();
  private final List<Job> batch = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final List<String> strangers = new ArrayList<>();
  private long batchBytes;

  /**
   * @param where what is read, for messages
   * @param names of the files, in the order of the rows; all different
   * @param shape of the rows; three channels
   */
  ImageRows(String where, List<String> names, ImageShape shape, Edit edit) {
    this.where = where;
    this.names = names;
    this.shape = shape;
    this.edit = edit;
    for (String name : names) {
      if (rowOf.put(name, rowOf.size()) != null) {
        throw new DataException("%s: %s is listed twice", where, name);
      }
    }
    this.images = reserve();
  }

  private Tensor reserve() {
    long[] size = {names.size(), shape.channels(), shape.height(), shape.width()};
    try {
      return torch.zeros(size, new TensorOptions(ScalarType.Byte));
    } catch (RuntimeException e) { // the engine's answer when memory is short
      throw new DataException(
          e,
          "%s: %,d images of %s need %,d MiB of memory, more than there is. Choose a smaller size"
              + " or fewer images.",
          where,
          names.size(),
          shape,
          ((long) names.size() * shape.size()) >> 20);
    }
  }

  /**
   * Takes a file. A name that is not among the rows is noted and refused by {@link #finish}.
   *
   * @throws DataException if ten files have failed by now
   */
  void add(String name, byte[] file) {
    Integer row = rowOf.get(name);
    if (row == null) {
      strangers.add(name);
      return;
    }
    filled.set(row);
    batch.add(new Job(row, name, file));
    batchBytes += file.length;
    if (batch.size() == BATCH_FILES || batchBytes > BATCH_BYTES) {
      decodeBatch();
    }
  }

  /**
   * Decodes the rest.
   *
   * @return unsigned 8-bit N×3×H×W
   * @throws DataException if files failed, are missing, or have no row; ten of them are named
   */
  Tensor finish() {
    decodeBatch();
    refuse(failures, "cannot be used");
    refuse(strangers, "have no row in the tables");
    List<String> missing =
        filled.cardinality() == names.size()
            ? List.of()
            : names.stream().filter(name -> !filled.get(rowOf.getOrDefault(name, 0))).toList();
    refuse(missing, "are listed in the tables, but are not there");
    return images;
  }

  private void refuse(List<String> files, String why) {
    if (!files.isEmpty()) {
      throw new DataException(
          "%s: %,d image(s) %s: %s%s",
          where,
          files.size(),
          why,
          String.join("; ", files.subList(0, Math.min(SHOWN, files.size()))),
          files.size() > SHOWN ? "; …" : "");
    }
  }

  private void decodeBatch() {
    if (batch.isEmpty()) {
      return;
    }
    List<ForkJoinTask<Result>> tasks = new ArrayList<>();
    for (Job job : batch) {
      tasks.add(ForkJoinTask.adapt(() -> decoded(job)));
    }
    ForkJoinTask.invokeAll(tasks);
    try (BytePointer target = images.data_ptr_byte()) {
      for (int i = 0; i < tasks.size(); i++) {
        Result result = tasks.get(i).join();
        if (result.failure().isEmpty()) {
          target.position((long) batch.get(i).row() * shape.size()).put(result.planes());
        } else {
          failures.add(result.failure());
        }
      }
    }
    batch.clear();
    batchBytes = 0;
    if (failures.size() >= SHOWN) {
      refuse(failures, "cannot be used");
    }
  }

  private Result decoded(Job job) {
    try {
      RgbImage image = edit.apply(job.row(), ImageDecoder.decode(job.name(), job.file()));
      return new Result(image.resized(shape.height(), shape.width()).planes(), "");
    } catch (DataException e) {
      return new Result(new byte[0], e.getMessage());
    }
  }
}
