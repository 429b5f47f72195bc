package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Triggers on images of one's own. */
@Command(
    name = "stamp",
    description = {
      "Apply an attack's trigger to the PNG images of a folder, at their own size.",
      "Writes PNG files of the same names, and contact-sheet.png with before, after and the"
          + " difference times 10."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j stamp --attack badnets --images photos --out stamped",
      "  backdoor4j stamp --attack blended -O alpha=0.1 --seed 1 --images photos --out stamped",
      "  backdoor4j stamp --record runs/ssba --images photos --out stamped"
    })
final class StampCommand implements Callable<Integer> {

  private static final String SHEET = "contact-sheet.png";
  private static final int SHEET_ROWS = 12;

  private final Cli cli;

  @Option(
      names = "--attack",
      paramLabel = "ID",
      completionCandidates = KnownIds.Attacks.class,
      description = "Attack, see 'backdoor4j list attacks'. Not with --record.")
  private String attack = "";

  @Option(
      names = "--record",
      paramLabel = "FOLDER",
      description = {
        "Take attack, options, seed and what the trigger learnt from a result: OUT/cells/KEY, or"
            + " the output folder of a run with one attack.",
        "The only way to attacks whose trigger is trained."
      })
  private @Nullable Path record;

  @Option(
      names = {"-O", "-A"},
      paramLabel = "KEY=VALUE",
      description = "An option of the attack, see 'backdoor4j describe ID'. Repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Source of all randomness; the same seed as in a run gives the same trigger. Default:"
              + " ${DEFAULT-VALUE}.",
      defaultValue = "0")
  private long seed;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      required = true,
      description = "Folder with PNG images; others are skipped.")
  private Path images = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder for the results; not the one with the images.")
  private Path out = Path.of("");

  /** What happened to the images. */
  private static final class Tally {
    final List<ContactSheet.Row> rows = new ArrayList<>();
    int stamped;
    int broken;
    @Nullable UsageException misfit;
  }

  StampCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    Registries registries = cli.registries();
    Stamper stamper = stamper(registries);
    stamper.checkOptions();
    List<Path> files = PngImages.filesOf(images);
    checkFolders();
    Tally tally = new Tally();
    try (TensorScope scope = TensorScope.open()) {
      for (int i = 0; i < files.size(); i++) {
        stamp(stamper, files.get(i), i, tally);
      }
    }
    finish(tally, files.size());
    return tally.broken == 0 ? 0 : CliErrors.DATA;
  }

  private Stamper stamper(Registries registries) {
    if (record != null) {
      if (!attack.isEmpty() || !options.isEmpty()) {
        throw new UsageException(
            "--record brings attack and options with it; leave out --attack and -O");
      }
      RecordedAttack recorded = RecordedAttack.find(record);
      return new Stamper(registries.attacks().get(recorded.choice().id()), recorded);
    }
    if (attack.isEmpty()) {
      throw new UsageException("name an attack with --attack, or a result with --record");
    }
    PoisoningStrategy<?> strategy = registries.attacks().get(attack);
    MethodChoice choice = new MethodChoice(strategy.id(), PlanFlags.options(options));
    return new Stamper(strategy, choice, new Seed(seed));
  }

  private void checkFolders() {
    OutputFolder.prepare(out);
    try {
      if (Files.isSameFile(images, out)) {
        throw new UsageException(
            "--out %s is the folder of the images, which would be overwritten; choose another",
            out);
      }
    } catch (IOException e) {
      throw new DataException(e, "%s and %s cannot be compared: %s", images, out, e);
    }
  }

  private void stamp(Stamper stamper, Path file, int index, Tally tally) {
    String name = String.valueOf(file.getFileName());
    if (!PngImages.isPng(file)) {
      boolean claims = name.toLowerCase(Locale.ROOT).endsWith(".png");
      tally.broken += claims ? 1 : 0;
      skip(name, claims ? "it is named .png, but is no PNG file" : "not a PNG file");
    } else if (name.equals(SHEET)) {
      skip(name, "this name is kept for the contact sheet");
    } else {
      try {
        stampPng(stamper, file, name, index, tally);
      } catch (DataException e) {
        tally.broken++;
        skip(name, e.getMessage());
      } catch (UsageException e) {
        tally.misfit = tally.misfit == null ? e : tally.misfit;
        skip(name, e.getMessage());
      }
    }
  }

  private void stampPng(Stamper stamper, Path file, String name, int index, Tally tally) {
    PngImages.Pixels image = PngImages.read(file);
    if (image.hadAlpha()) {
      cli.err().println("warning: " + name + ": its alpha channel is dropped");
    }
    byte[] stamped = stamper.stamp(image.pixels(), image.shape(), index);
    BufferedImage after = PngImages.image(stamped, image.shape());
    PngImages.write(after, out.resolve(name));
    tally.stamped++;
    if (tally.rows.size() < SHEET_ROWS) {
      BufferedImage before = PngImages.image(image.pixels(), image.shape());
      tally.rows.add(new ContactSheet.Row(name, before, after));
    }
  }

  private void skip(String name, String reason) {
    cli.err().println("skipped " + name + ": " + reason);
  }

  private void finish(Tally tally, int files) {
    if (tally.stamped == 0) {
      if (tally.misfit != null) {
        throw new UsageException(tally.misfit, "%s", tally.misfit.getMessage());
      }
      throw new DataException(
          "no PNG image could be stamped: %s holds %s. Convert the images to PNG first.",
          images, ReportText.count(files, "file"));
    }
    Path sheet = out.resolve(SHEET);
    ContactSheet.write(tally.rows, sheet);
    cli.out().println(ReportText.count(tally.stamped, "image") + " stamped into " + out);
    cli.out().println("Contact sheet of the first " + tally.rows.size() + ": " + sheet);
  }
}
