//! Runs the DingTalk simulator for a person: `cargo run -p tests --bin dingtalk [ADDRESS]`.

use std::error::Error;
use std::net::SocketAddr;
use tests::dingtalk::{CLIENT_ID, CLIENT_SECRET, Simulator, TEMPLATE};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8090".to_owned()).parse()?;
    let simulator = Simulator::start_on(address).await?;
    println!("The DingTalk simulator listens on {}", simulator.base_url());
    println!("  phones            {}/", simulator.base_url());
    println!("  log               {}/_sim/log", simulator.base_url());
    println!("  client_id         {CLIENT_ID}");
    println!("  client_secret     {CLIENT_SECRET}");
    println!("  card_template_id  {TEMPLATE}");
    println!("  api_base          {}", simulator.base_url());
    simulator.wait().await;
    Ok(())
}
