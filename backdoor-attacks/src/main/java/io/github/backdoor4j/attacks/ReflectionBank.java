package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The pictures that ReFool mirrors: unsigned 8-bit R×C×H×W on the CPU. */
final class ReflectionBank {

  /** As many as the benchmark has. */
  private static final int SIZE = 200;

  private static final List<String> FORMATS = List.of(".png", ".jpg", ".jpeg", ".gif", ".bmp");

  private ReflectionBank() {}

  /**
   * Up to 200 training images of other classes than the target.
   *
   * @throws NotApplicableException if there is none
   */
  static Tensor ofTraining(ImageDataset training, int target, Seed seed) {
    long[] labels = training.labelValues();
    long[] others =
        LongStream.range(0, labels.length).filter(row -> labels[(int) row] != target).toArray();
    if (others.length == 0) {
      throw new NotApplicableException(
          "all %d training images belong to the target %d, so none can be mirrored; give a folder"
              + " of pictures as 'reflections'",
          labels.length, target);
    }
    long[] rows =
        Arrays.stream(Tensors.permutation(others.length, seed))
            .limit(SIZE)
            .map(position -> others[(int) position])
            .toArray();
    return ComputeDevice.CPU.place(Tensors.rows(training.images(), rows));
  }

  /**
   * All pictures of a folder, in the order of their names, resized as Pillow does.
   *
   * @throws DataException if the folder is missing, or holds no picture
   */
  static Tensor ofFolder(String folder, DatasetSpec spec) {
    List<Path> files = list(folder);
    if (files.isEmpty()) {
      throw new DataException(
          "folder %s with reflections holds no picture; allowed are %s", folder, FORMATS);
    }
    ImageShape shape = spec.shape();
    return TensorScope.scoped(
        () -> {
          TensorVector pictures = new TensorVector();
          for (Path file : files) {
            Picture picture = PictureFile.read(file.toString());
            pictures.push_back(
                picture.resized(shape.height(), shape.width()).tensor(shape.channels()));
          }
          return torch.cat(pictures, 0);
        });
  }

  private static List<Path> list(String folder) {
    try (Stream<Path> files = Files.list(Path.of(folder))) {
      return files.filter(ReflectionBank::isPicture).sorted().toList();
    } catch (IOException | InvalidPathException e) {
      throw new DataException(e, "folder %s with reflections cannot be read: %s", folder, e);
    }
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return FORMATS.stream().anyMatch(name::endsWith) && Files.isRegularFile(file);
  }
}
