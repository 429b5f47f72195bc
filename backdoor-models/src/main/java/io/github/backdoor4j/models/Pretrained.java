package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.Downloader;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.nn.StartWeights;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** The option {@code pretrained}: what training starts from. */
final class Pretrained {

  static final String NONE = "none";
  static final String IMAGENET = "imagenet";

  /** For the option's {@link io.github.backdoor4j.core.record.Doc}. */
  static final String DOC =
      "weights that training starts from: none for drawn ones; imagenet for the published file, as"
          + " 'backdoor4j weights fetch' gets it; or the path of a file with torchvision's names. A"
          + " classifier for another number of classes is drawn";

  static final String RANGE = "none, imagenet or a file (.pth, .pt, .safetensors)";

  private static final String SERVER = "https://download.pytorch.org/models/";

  private Pretrained() {}

  /** Refuses what can be no file. */
  static void check(String option) {
    require(!path(option).toString().isBlank(), "pretrained must be %s, but was empty", RANGE);
  }

  private static Path path(String option) {
    try {
      return Path.of(option);
    } catch (InvalidPathException e) {
      throw new UsageException(
          e, "pretrained must be %s, but was '%s': %s", RANGE, option, e.getReason());
    }
  }

  /**
   * A file of torchvision's. Its name ends, as PyTorch's hub has it, with the first digits of its
   * SHA-256; no more of it, and no size, is published.
   *
   * @param file such as {@code net-0123abcd.pth}
   */
  static Download torchvision(String file) {
    String digits = file.substring(file.lastIndexOf('-') + 1, file.lastIndexOf('.'));
    return Download.of(file, SERVER + file)
        .withChecksum("sha256:" + digits)
        .withTerms(
            "trained on ImageNet-1k and published by torchvision, which warns that terms of the"
                + " data set may apply to the weights.");
  }

  /**
   * What an option asks for.
   *
   * @param id the architecture's
   * @param published what {@code imagenet} means
   * @param fit from the file's names and values to the network's
   */
  static Optional<StartWeights> weights(
      String id, String option, Download published, UnaryOperator<Map<String, Tensor>> fit) {
    if (option.equals(NONE)) {
      return Optional.empty();
    }
    return Optional.of(
        (option.equals(IMAGENET) ? fetched(id, published) : own(id, option)).withFit(fit));
  }

  private static StartWeights fetched(String id, Download published) {
    Path folder = StartWeights.fetchedFolder();
    Path file = folder.resolve(published.file());
    require(
        Files.isRegularFile(file),
        "%s: pretrained=imagenet needs %s, which does not exist. Fetch it with 'backdoor4j weights"
            + " fetch %s', give pretrained the path of such a file, or start from drawn weights with"
            + " pretrained=none.",
        id,
        file,
        id);
    String checksum = Downloader.verify(published, folder).checksum();
    return new StartWeights(file, checksum, UnaryOperator.identity());
  }

  private static StartWeights own(String id, String option) {
    Path file = path(option);
    require(
        Files.isRegularFile(file),
        "%s: pretrained is %s, and there is no file %s",
        id,
        RANGE,
        file.toAbsolutePath());
    return StartWeights.of(file);
  }
}
