package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.datasets.SourceTree.Limits;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads CIFAR from its binary or Python version, packed or unpacked.
 *
 * @param kind which of the two
 * @param spec of the images with the labels chosen
 * @param chosen which kind of labels
 * @param places where the files may lie
 * @param exact whether files must have the official sizes; tests have smaller ones
 */
record CifarLoader(
    CifarKind kind, DatasetSpec spec, int chosen, SourcePlaces places, boolean exact) {

  /** The largest official file has 155 MB, the largest archive 186 MB of content. */
  private static final Limits LIMITS = Limits.of(10_000, 256, 1024);

  /**
   * Loads both parts.
   *
   * @throws UsageException without a folder
   * @throws DataException if files are missing or broken
   */
  Splits load(Optional<Path> folder) {
    Path given =
        folder.orElseThrow(
            () ->
                new UsageException(
                    "data set '%s' is not embedded: give the folder with its archive. %s",
                    kind.id(), places.remedy()));
    Path source = places.find(given);
    try (TensorScope scope = TensorScope.open()) {
      CifarFiles files = new CifarFiles(kind, source, exact);
      SourceTree.read(source, LIMITS, files::wants, files::accept);
      boolean binary = files.isBinary(places.remedy());
      List<CifarPart> parts = kind.files(binary).stream().map(files::part).toList();
      int last = parts.size() - 1;
      return new Splits(
          scope.keep(join(parts.subList(0, last))),
          scope.keep(join(parts.subList(last, last + 1))));
    }
  }

  /** What a cache looks at to notice changes; none without a folder. */
  List<Path> files(Optional<Path> folder) {
    return folder.map(given -> TreeFiles.of(places.find(given), LIMITS)).orElse(List.of());
  }

  private ImageDataset join(List<CifarPart> parts) {
    Tensor[] images = parts.stream().map(CifarPart::images).toArray(Tensor[]::new);
    long[] labels =
        parts.stream().flatMapToLong(part -> LongStream.of(part.labels().get(chosen))).toArray();
    Tensor joined = images.length == 1 ? images[0] : torch.cat(new TensorVector(images));
    return new ImageDataset(spec, joined, Tensors.ofLongs(labels));
  }
}
