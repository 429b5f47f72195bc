package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;

/** The tiny network as a provider. */
public class ToyArchitecture implements Architecture<ToyArchitecture.Options> {

  public record Options() {}

  @Override
  public String id() {
    return "tiny-network";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options();
  }

  @Override
  public MethodCard card() {
    return ToyAttack.CARD;
  }

  @Override
  public Network build(NetworkSpec spec, Options options) {
    return new TinyNetwork(spec);
  }
}
