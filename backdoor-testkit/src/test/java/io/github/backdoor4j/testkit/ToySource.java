package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.Seed;
import java.nio.file.Path;
import java.util.Optional;

/** A data set that keeps the contract. */
public final class ToySource implements DatasetSource<NoOptions> {

  @Override
  public String id() {
    return "tiny-images";
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
  public Splits load(Optional<Path> folder, NoOptions options) {
    folder.ifPresent(
        path -> {
          throw new DataException("the made-up images need no files, but got %s", path);
        });
    return new Splits(TinyImages.blobs(20, new Seed(1)), TinyImages.blobs(10, new Seed(2)));
  }
}
