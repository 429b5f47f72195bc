package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.PillowResize;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a network says of images. */
@Command(
    name = "predict",
    description = {
      "Classify the PNG and JPEG images of a folder with weights from a file.",
      "Images of another size are resized to the network's, bilinearly, without keeping the"
          + " proportions.",
      "What is not given of the network comes from the metadata of the weight file."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j predict --weights model.safetensors --images photos",
      "  backdoor4j predict --model preact-resnet18 --weights attack_result.pt --dataset cifar10"
          + " --images photos --out logits.csv"
    })
final class PredictCommand implements Callable<Integer> {

  private final Cli cli;

  @Mixin private ModelFlags flags = new ModelFlags();

  @Option(
      names = "--images",
      paramLabel = "DIR",
      required = true,
      description = "Folder with PNG or JPEG images; other files are skipped.")
  private Path images = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Also write file, label, class and all logits as CSV.")
  private @Nullable Path out;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "auto, cpu, cuda or cuda:n. Default: ${DEFAULT-VALUE}.",
      defaultValue = "auto")
  private String device = "auto";

  /** One image's outcome. */
  private record Line(String file, int label, String name, double probability, float[] logits) {}

  PredictCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    List<Path> files = PngImages.filesOf(images);
    try (TensorScope scope = TensorScope.open()) {
      ModelFlags.Loaded model = flags.load(cli.registries());
      warn(model);
      List<String> names = new ArrayList<>();
      TensorVector pixels = new TensorVector();
      int broken = read(files, model.spec().shape(), names, pixels);
      List<Line> lines = names.isEmpty() ? List.of() : predict(model, names, pixels);
      if (lines.isEmpty()) {
        throw new DataException("no image could be read: %s holds no PNG or JPEG files", images);
      }
      print(lines);
      if (out != null) {
        AtomicFiles.replace(out, csv(lines, model.spec().classNames()));
        cli.out().println("Logits   " + out);
      }
      return broken == 0 ? 0 : CliErrors.DATA;
    }
  }

  private void warn(ModelFlags.Loaded model) {
    String mark = model.weights().metadata().get("warning");
    if (mark != null) {
      cli.err().println("note: these weights are " + mark);
    }
    if (!model.left().isEmpty()) {
      cli.err()
          .println(
              "warning: drawn anew, as they do not fit the file: "
                  + String.join(", ", model.left()));
    }
  }

  private int read(List<Path> files, ImageShape shape, List<String> names, TensorVector pixels) {
    int broken = 0;
    for (Path file : files) {
      String name = String.valueOf(file.getFileName());
      String lower = name.toLowerCase(Locale.ROOT);
      if (!lower.endsWith(".png") && !lower.endsWith(".jpg") && !lower.endsWith(".jpeg")) {
        cli.err().println("skipped " + name + ": not a PNG or JPEG file");
        continue;
      }
      try {
        PngImages.Pixels image = PngImages.read(file);
        pixels.push_back(resized(image, shape));
        names.add(name);
      } catch (DataException e) {
        broken++;
        cli.err().println("skipped " + name + ": " + e.getMessage());
      }
    }
    return broken;
  }

  private static Tensor resized(PngImages.Pixels image, ImageShape shape) {
    ImageShape own = image.shape();
    Tensor tensor = Tensors.ofBytes(image.pixels(), 1, own.channels(), own.height(), own.width());
    return own.equals(shape)
        ? tensor
        : PillowResize.bilinear(tensor, shape.height(), shape.width());
  }

  private List<Line> predict(ModelFlags.Loaded model, List<String> names, TensorVector pixels) {
    ComputeDevice where = ComputeDevice.parse(device);
    model.network().to(where);
    Tensor logits =
        Inference.on(where)
            .logits(model.network(), torch.cat(pixels, 0), model.spec().normalization());
    float[] values = Tensors.toFloats(logits);
    int classes = model.spec().classes();
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      float[] row = java.util.Arrays.copyOfRange(values, i * classes, (i + 1) * classes);
      int label = largest(row);
      lines.add(
          new Line(
              names.get(i), label, model.spec().classNames().get(label), share(row, label), row));
    }
    return lines;
  }

  private static int largest(float[] row) {
    int best = 0;
    for (int k = 1; k < row.length; k++) {
      best = row[k] > row[best] ? k : best;
    }
    return best;
  }

  private static double share(float[] row, int label) {
    double sum = 0;
    for (float logit : row) {
      sum += Math.exp(logit - row[label]);
    }
    return 1 / sum;
  }

  private void print(List<Line> lines) {
    TextTable table = TextTable.ofTexts("file", "label", "class", "probability");
    for (Line line : lines) {
      table.add(
          List.of(
              line.file(),
              Integer.toString(line.label()),
              line.name(),
              String.format(Locale.ROOT, "%.4f", line.probability())));
    }
    table.lines().forEach(cli.out()::println);
  }

  private static String csv(List<Line> lines, List<String> classes) {
    List<Object> header = new ArrayList<>(List.of("file", "label", "class"));
    for (int k = 0; k < classes.size(); k++) {
      header.add("logit_" + k);
    }
    return CsvText.of(header, lines.stream().map(PredictCommand::cells).toList());
  }

  private static List<Object> cells(Line line) {
    List<Object> cells = new ArrayList<>(List.of(line.file(), line.label(), line.name()));
    for (float logit : line.logits()) {
      cells.add(logit);
    }
    return cells;
  }
}
