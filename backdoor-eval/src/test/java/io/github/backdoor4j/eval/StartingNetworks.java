package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The testkit's network, which can start from a file and has one to be fetched. */
public final class StartingNetworks implements Architecture<StartingNetworks.Options> {

  /** Where training starts. */
  public record Options(@Doc("file of weights, or nothing") String pretrained) {}

  @Override
  public String id() {
    return "acme.starting";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options("");
  }

  @Override
  public MethodCard card() {
    return new CliFakes.Tiny().card();
  }

  @Override
  public Network build(NetworkSpec spec, Options options) {
    return new TinyNetwork(spec);
  }

  @Override
  public Optional<StartWeights> startWeights(Options options) {
    return options.pretrained().isEmpty()
        ? Optional.empty()
        : Optional.of(StartWeights.of(Path.of(options.pretrained())));
  }

  /** SHA-256 of the byte "7", as sha256sum tells, begins with 7902699b. */
  @Override
  public List<Download> publishedWeights() {
    String address = FetchedImages.address() + "/" + FetchedImages.FILE;
    return List.of(
        Download.of(FetchedImages.FILE, address)
            .withChecksum("sha256:7902699b")
            .withTerms("free for every start"));
  }
}
