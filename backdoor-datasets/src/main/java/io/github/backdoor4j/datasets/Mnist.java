package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.NoOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * MNIST: grey images of handwritten digits, served as 3×32×32 like {@link FashionMnist}. Loads from
 * a folder only. Mean 0.1307 and deviation 0.3081 are the usual ones, of the images before padding.
 *
 * @see <a href="https://doi.org/10.1109/5.726791">LeCun, Bottou, Bengio and Haffner, Gradient-based
 *     learning applied to document recognition, 1998</a>
 */
public final class Mnist implements DatasetSource<NoOptions> {

  private static final DatasetSpec SPEC =
      GreyImages.spec(
          "mnist", List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), 0.1307, 0.3081);

  private static final String REMEDY =
      "The four files are those of http://yann.lecun.com/exdb/mnist/; copies are kept at"
          + " https://storage.googleapis.com/cvdf-datasets/mnist/.";

  @Override
  public String id() {
    return "mnist";
  }

  @Override
  public NoOptions defaults() {
    return NoOptions.NONE;
  }

  @Override
  public DatasetSpec spec(Optional<Path> folder, NoOptions options) {
    return SPEC;
  }

  @Override
  public Splits load(Optional<Path> folder, NoOptions options) {
    return IdxFolder.load(
        SPEC,
        folder.orElseThrow(
            () ->
                new UsageException(
                    "data set 'mnist' is not embedded: give the folder with its four IDX files. %s",
                    REMEDY)),
        REMEDY);
  }

  @Override
  public List<Download> downloads(NoOptions options) {
    return OfficialDownloads.MNIST;
  }

  @Override
  public String description() {
    return "MNIST: 60,000 training and 10,000 test images of digits, from a folder with the four"
        + " official IDX files; not embedded.";
  }
}
