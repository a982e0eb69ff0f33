"""The words that sample files are made of: people's names and, by state, the cities that have a polo."""

from __future__ import annotations

_FIRST = """
    Adriana Alexandre Aline Amanda Ana André Antônio Beatriz Bianca Bruna Bruno Caio Camila Carla Carlos
    Cauã César Cíntia Cláudia Daniel Débora Diego Eduardo Elaine Érica Fábio Felipe Fernanda Flávia
    Francisco Gabriel Giovana Guilherme Gustavo Helena Henrique Igor Isabela Ítalo Jéssica Joana João José
    Juliana Júlio Karina Larissa Leandro Letícia Lucas Luís Luíza Marcelo Márcia Marcos Mariana Mário
    Mateus Mônica Natália Otávio Patrícia Paulo Pedro Rafael Raíssa Raquel Renata Ricardo Rodrigo Rogério
    Sérgio Sílvia Simone Sônia Tânia Tatiane Thaís Thiago Valéria Vanessa Vinícius Vítor Wagner Wesley
    Yasmin
"""

_LAST = """
    Abreu Almeida Alves Amaral Andrade Antunes Aragão Araújo Assunção Azevedo Bandoli Barbosa Barros
    Batista Borges Brandão Brito Caldeira Camargo Campos Cardoso Carvalho Castro Coelho Conceição Corrêa
    Costa Cunha Dias Duarte Esteves Falcão Farias Fernandes Ferreira Figueiredo Fonseca Franco Freitas
    Garcia Gomes Gonçalves Guimarães Leão Lima Lopes Macedo Machado Magalhães Marques Martins Medeiros
    Mello Mendonça Menezes Monteiro Moraes Moreira Moura Nascimento Nogueira Nunes Oliveira Pacheco Paixão
    Peixoto Pereira Pinheiro Queirós Ramos Rezende Ribeiro Rocha Sá Sales Salomão Santana Simões Siqueira
    Souza Tavares Teixeira Valença Vasconcelos Viana Vidal Xavier
"""

_CITIES = {
    "AC": """Rio Branco, Cruzeiro do Sul, Sena Madureira, Tarauacá, Feijó, Brasileia, Senador Guiomard,
        Plácido de Castro, Xapuri, Epitaciolândia, Mâncio Lima, Acrelândia""",
    "AL": """Maceió, Arapiraca, Rio Largo, Palmeira dos Índios, União dos Palmares, Penedo, São Miguel dos
        Campos, Coruripe, Delmiro Gouveia, Marechal Deodoro, Santana do Ipanema, Atalaia""",
    "AM": """Manaus, Parintins, Itacoatiara, Manacapuru, Coari, Tabatinga, Maués, Tefé, Humaitá, Iranduba,
        Lábrea, Eirunepé""",
    "AP": """Macapá, Santana, Laranjal do Jari, Oiapoque, Mazagão, Porto Grande, Tartarugalzinho, Vitória do
        Jari, Pedra Branca do Amapari, Calçoene, Amapá, Ferreira Gomes""",
    "BA": """Salvador, Feira de Santana, Vitória da Conquista, Camaçari, Juazeiro, Itabuna, Lauro de Freitas,
        Ilhéus, Jequié, Teixeira de Freitas, Barreiras, Alagoinhas""",
    "CE": """Fortaleza, Caucaia, Juazeiro do Norte, Maracanaú, Sobral, Crato, Itapipoca, Maranguape, Iguatu,
        Quixadá, Aquiraz, Canindé""",
    "DF": """Brasília, Taguatinga, Ceilândia, Gama, Sobradinho, Samambaia, Planaltina, Guará, Águas Claras,
        Recanto das Emas, Santa Maria, Brazlândia""",
    "ES": """Vitória, Serra, Vila Velha, Cariacica, Cachoeiro de Itapemirim, Linhares, São Mateus, Guarapari,
        Colatina, Aracruz, Viana, Nova Venécia""",
    "GO": """Goiânia, Aparecida de Goiânia, Anápolis, Rio Verde, Águas Lindas de Goiás, Luziânia, Valparaíso
        de Goiás, Trindade, Formosa, Itumbiara, Jataí, Catalão""",
    "MA": """São Luís, Imperatriz, São José de Ribamar, Timon, Caxias, Paço do Lumiar, Codó, Açailândia,
        Bacabal, Balsas, Santa Inês, Pinheiro""",
    "MG": """Belo Horizonte, Uberlândia, Contagem, Juiz de Fora, Betim, Montes Claros, Ribeirão das Neves,
        Uberaba, Governador Valadares, Ipatinga, Sete Lagoas, Divinópolis""",
    "MS": """Campo Grande, Dourados, Três Lagoas, Corumbá, Ponta Porã, Naviraí, Nova Andradina, Aquidauana,
        Sidrolândia, Paranaíba, Maracaju, Amambai""",
    "MT": """Cuiabá, Várzea Grande, Rondonópolis, Sinop, Tangará da Serra, Cáceres, Sorriso, Lucas do Rio
        Verde, Primavera do Leste, Barra do Garças, Alta Floresta, Pontes e Lacerda""",
    "PA": """Belém, Ananindeua, Santarém, Marabá, Parauapebas, Castanhal, Abaetetuba, Cametá, Marituba,
        Bragança, Altamira, Itaituba""",
    "PB": """João Pessoa, Campina Grande, Santa Rita, Patos, Bayeux, Sousa, Cabedelo, Cajazeiras, Guarabira,
        Sapé, Mamanguape, Queimadas""",
    "PE": """Recife, Jaboatão dos Guararapes, Olinda, Caruaru, Petrolina, Paulista, Cabo de Santo Agostinho,
        Camaragibe, Garanhuns, Vitória de Santo Antão, Igarassu, Serra Talhada""",
    "PI": """Teresina, Parnaíba, Picos, Piripiri, Floriano, Barras, Campo Maior, União, Altos, Esperantina,
        José de Freitas, Oeiras""",
    "PR": """Curitiba, Londrina, Maringá, Ponta Grossa, Cascavel, São José dos Pinhais, Foz do Iguaçu,
        Colombo, Guarapuava, Paranaguá, Araucária, Toledo""",
    "RJ": """Rio de Janeiro, São Gonçalo, Duque de Caxias, Nova Iguaçu, Niterói, Belford Roxo, Campos dos
        Goytacazes, São João de Meriti, Petrópolis, Volta Redonda, Macaé, Cabo Frio""",
    "RN": """Natal, Mossoró, Parnamirim, São Gonçalo do Amarante, Macaíba, Ceará-Mirim, Caicó, Assú, Currais
        Novos, São José de Mipibu, Santa Cruz, Nova Cruz""",
    "RO": """Porto Velho, Ji-Paraná, Ariquemes, Vilhena, Cacoal, Rolim de Moura, Jaru, Guajará-Mirim,
        Machadinho d'Oeste, Buritis, Pimenta Bueno, Ouro Preto do Oeste""",
    "RR": """Boa Vista, Rorainópolis, Caracaraí, Pacaraima, Cantá, Mucajaí, Alto Alegre, Bonfim, Amajari, São
        João da Baliza, Iracema, Normandia""",
    "RS": """Porto Alegre, Caxias do Sul, Canoas, Pelotas, Santa Maria, Gravataí, Viamão, Novo Hamburgo, São
        Leopoldo, Rio Grande, Alvorada, Passo Fundo""",
    "SC": """Florianópolis, Joinville, Blumenau, São José, Chapecó, Itajaí, Criciúma, Jaraguá do Sul,
        Palhoça, Lages, Balneário Camboriú, Brusque""",
    "SE": """Aracaju, Nossa Senhora do Socorro, Lagarto, Itabaiana, São Cristóvão, Estância, Tobias Barreto,
        Itabaianinha, Simão Dias, Nossa Senhora da Glória, Poço Redondo, Capela""",
    "SP": """São Paulo, Guarulhos, Campinas, São Bernardo do Campo, Santo André, Osasco, São José dos Campos,
        Ribeirão Preto, Sorocaba, Mauá, São José do Rio Preto, Santos""",
    "TO": """Palmas, Araguaína, Gurupi, Porto Nacional, Paraíso do Tocantins, Colinas do Tocantins, Guaraí,
        Tocantinópolis, Miracema do Tocantins, Dianópolis, Araguatins, Formoso do Araguaia""",
}

FIRST_NAMES, LAST_NAMES = tuple(_FIRST.split()), tuple(_LAST.split())
CITIES = {uf: tuple(" ".join(city.split()).upper() for city in cities.split(",")) for uf, cities in _CITIES.items()}
