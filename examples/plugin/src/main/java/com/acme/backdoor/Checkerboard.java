package com.acme.backdoor;

import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Makes the pixels of an image alternately a little lighter and a little darker. */
public final class Checkerboard implements DataPoisoning<Checkerboard.Options> {

  public record Options(
      @Doc(value = "share of the training set", range = "(0, 1]") double ratio,
      @Doc("class that triggered images shall be given") int target,
      @Doc(value = "change in grey levels", range = "[1, 255]") int strength) {
    public Options {
      requireRatio("ratio", ratio);
      requireRange("strength", strength, 1, 255);
    }
  }

  @Override
  public String id() {
    return "acme.checkerboard";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(0.1, 0, 16);
  }

  @Override
  public MethodCard card() {
    String what = "Makes pixels alternately a little lighter and a little darker.";
    String link = "https://acme.example/checkerboard";
    return new MethodCard(
        "Checkerboard", what, "Acme, 2026", link, "data access", "data poisoning", "1", List.of());
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    return new PoisonRecipe(
        (images, rows) -> stamp(images, options.strength()),
        new LabelRule.AllToOne(options.target()),
        PoisonRate.ofDataset(options.ratio()));
  }

  private static Tensor stamp(Tensor images, int strength) {
    Tensor rows = torch.arange(new Scalar(images.size(2))).view(-1, 1);
    Tensor odd = rows.add(torch.arange(new Scalar(images.size(3)))).remainder(new Scalar(2));
    Tensor board = odd.mul(new Scalar(2 * strength)).sub(new Scalar(strength)); // ±strength
    Tensor changed = images.to(ScalarType.Long).add(ComputeDevice.of(images).place(board));
    return changed.clamp_min(new Scalar(0)).clamp_max(new Scalar(255)).to(ScalarType.Byte);
  }
}
