package io.github.backdoor4j.models;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/**
 * A DL4J model as a network that can be scanned. Its weights stay in DL4J; its one parameter here
 * is an offset of the logits, zero, which gives it a device. Taps named like DL4J's layers can
 * read.
 */
final class Dl4jNetwork extends Network {

  private static final String OFFSET = "logit_offset";

  private final Dl4jClassifier classifier;
  private final String penultimate;
  private final Set<String> layers;
  private final Dl4jAutograd autograd;

  Dl4jNetwork(Dl4jClassifier classifier, NetworkSpec spec, String penultimate) {
    super(spec);
    this.classifier = classifier;
    this.penultimate = penultimate;
    this.autograd = new Dl4jAutograd(classifier);
    this.layers = classifier.layerNames().stream().map(this::tapPoint).collect(Collectors.toSet());
    parameter(OFFSET, Initializer.constant(0), classifier.classes());
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    if (pass.training()) {
      throw new UsageException(
          "a DL4J model is scanned as it is, but something tries to train it here. Train it by"
              + " Dl4jClassifier.train, and use methods that change no weights");
    }
    layers.stream().filter(pass::tapped).forEach(name -> read(pass, name, images));
    Tensor logits =
        images.requires_grad() && GradMode.is_enabled()
            ? autograd.logits(images)
            : ComputeDevice.of(images).place(classifier.logits(images));
    return logits.add(pass.parameter(OFFSET));
  }

  private void read(Pass pass, String name, Tensor images) {
    Tensor output = ComputeDevice.of(images).place(classifier.activations(images, name));
    if (!pass.tap(name, output).equals(output)) {
      throw new UsageException(
          "the output of layer '%s' can be read but not replaced: it is computed by DL4J", name);
    }
  }

  @Override
  protected Network blank() {
    return new Dl4jNetwork(classifier, spec(), penultimate);
  }

  @Override
  public FeatureLayout features() {
    // no stages: what would act on them trains the network, which stays with DL4J
    return new FeatureLayout(penultimate, penultimate, classifier.outputLayer());
  }
}
