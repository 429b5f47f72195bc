package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.Downloader;
import io.github.backdoor4j.core.data.DatasetCache;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Reads everything again. */
@Command(
    name = "verify",
    description =
        "Hash the files of a data set again, decode them without the cache, and compare with what"
            + " is cached.",
    footer = {
      "",
      "Examples:",
      "  backdoor4j datasets verify cifar10",
      "  backdoor4j datasets verify mnist --data /data/mnist"
    })
final class DatasetsVerifyCommand implements Callable<Integer> {

  private final Cli cli;

  @Mixin private final PlacedDataset dataset = new PlacedDataset();

  DatasetsVerifyCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    BoundData bound = dataset.bind(cli.registries());
    bound.folder().ifPresent(folder -> files(bound, folder));
    try (TensorScope scope = TensorScope.open()) {
      DatasetSource.Splits decoded = bound.source().load(bound.folder(), bound.options());
      print("training images", decoded.training().contentHash());
      print("test images", decoded.test().contentHash());
      compare(bound, decoded);
    }
    return 0;
  }

  private void print(String what, String hash) {
    cli.out().println(what + ": decoded, SHA-256 " + hash);
  }

  private void files(BoundData bound, Path folder) {
    for (Download download : bound.source().downloads(bound.options())) {
      if (Files.exists(folder.resolve(download.file()))) {
        Downloader.Fetched file = Downloader.verify(download, folder);
        String how = file.confirmed() ? "as published" : "unconfirmed, as when first seen";
        cli.out().println(download.file() + ": " + file.checksum() + ", " + how);
      } else {
        cli.out().println(download.file() + ": not in " + folder + ", so not checked");
      }
    }
  }

  private void compare(BoundData bound, DatasetSource.Splits decoded) {
    Optional<List<ImageDataset>> cached =
        bound
            .source()
            .cacheKey(bound.folder(), bound.options())
            .flatMap(DatasetCache.standard()::find);
    if (cached.isEmpty()) {
      cli.out().println("cache: holds nothing of it");
      return;
    }
    compare("training", cached.get().get(0), decoded.training());
    compare("test", cached.get().get(1), decoded.test());
    cli.out().println("cache: holds the same");
  }

  private static void compare(String part, ImageDataset cached, ImageDataset decoded) {
    // the hash of the cached images is computed here: the one in the file may be what is wrong
    String found = new ImageDataset(cached.spec(), cached.images(), cached.labels()).contentHash();
    if (!found.equals(decoded.contentHash()) || !cached.spec().equals(decoded.spec())) {
      throw new DataException(
          "the cached %s images have the hash %s, but decoding gives %s: the files changed without"
              + " changing size and time. Empty the cache with 'backdoor4j datasets prune --all'.",
          part, found, decoded.contentHash());
    }
  }
}
