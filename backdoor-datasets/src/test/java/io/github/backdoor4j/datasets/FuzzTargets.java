package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.nn.Weights;
import io.github.backdoor4j.core.record.PickleReader;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.datasets.SourceTree.Limits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What Jazzer tries to break: whatever the bytes, nothing but a {@link DataException} may come out.
 */
public final class FuzzTargets {

  private static final PickleReader PICKLES = new PickleReader(PickleReader.numpy());
  private static final Limits LIMITS = new Limits(100, 1 << 16, 1 << 20);

  private FuzzTargets() {}

  private static void onlyDataErrors(Runnable reading) {
    try {
      reading.run();
    } catch (DataException expected) {
      if (expected.getMessage().length() > 2000) {
        throw new AssertionError("a message nobody can read: " + expected.getMessage());
      }
    }
  }

  /** Python's pickles. */
  public static final class Pickle {
    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
      onlyDataErrors(() -> PICKLES.read("fuzz", input));
    }
  }

  /** Files of MNIST. */
  public static final class Idx {
    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
      onlyDataErrors(() -> IdxFile.read("fuzz", new ByteArrayInputStream(input), 3));
    }
  }

  /** Files of CIFAR; the first byte tells which. */
  public static final class Cifar {
    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
      if (input.length == 0) {
        return;
      }
      CifarKind kind = (input[0] & 1) == 0 ? Cifar10.KIND : Cifar100.KIND;
      byte[] file = Arrays.copyOfRange(input, 1, input.length);
      try (TensorScope scope = TensorScope.open()) {
        onlyDataErrors(
            () -> {
              if ((input[0] & 2) == 0) {
                CifarBinary.read(kind, "fuzz", kind.test() + ".bin", file, false);
              } else {
                CifarPython.read(kind, "fuzz", kind.test(), file, false);
              }
            });
      }
    }
  }

  private static Path file() {
    try {
      Path file = Files.createTempFile("fuzz", "");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Tables of GTSRB. */
  public static final class Table {
    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
      onlyDataErrors(() -> GtsrbRow.read("fuzz", input, 43));
    }
  }

  /** Lists of Tiny-ImageNet; the first byte tells which. */
  public static final class Lists {

    private static final List<String> IDS = List.of("n01443537", "n02124075", "n12267677");

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
      if (input.length == 0) {
        return;
      }
      byte[] file = Arrays.copyOfRange(input, 1, input.length);
      onlyDataErrors(
          () -> {
            if ((input[0] & 1) == 0) {
              TinyImageNetLists.checkIds("fuzz", file, IDS);
            } else {
              checkAnnotations(TinyImageNetLists.annotations("fuzz", file, IDS));
            }
          });
    }

    private static void checkAnnotations(Map<String, String> idOfName) {
      idOfName.forEach(
          (name, id) -> {
            if (!IDS.contains(id) || name.contains("/") || name.length() > 200) {
              throw new AssertionError("accepted: " + name + " of class " + id);
            }
          });
    }
  }

  /** Images of all kinds. */
  public static final class Image {
    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
      onlyDataErrors(() -> ImageDecoder.decode("fuzz", input));
    }
  }

  /** Weights in all forms, written to the disk for each input. */
  public static final class WeightFile {

    private static final Path FILE = file();

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
      Files.write(FILE, input);
      try (TensorScope scope = TensorScope.open()) {
        onlyDataErrors(() -> Weights.read(FILE));
      }
    }
  }

  /** Archives, written to the disk for each input. */
  public static final class Tree {

    private static final Path FILE = file();

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
      Files.write(FILE, input);
      onlyDataErrors(() -> SourceTree.read(FILE, LIMITS, name -> true, entry -> {}));
    }
  }
}
